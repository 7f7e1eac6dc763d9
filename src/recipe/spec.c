/* spec.c - the decode tables of recipes: what recipe.json may hold. SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <string.h>

#define FIELDS(t)                                                                                  \
	.size = sizeof(struct t), .n = sizeof(t##_fields) / sizeof(t##_fields[0]),                 \
	.fields = t##_fields
#define AT(t, member, k) .name = #member, .kind = k, .offset = offsetof(struct t, member)

static bool all_in(struct str s, const char *allowed)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr(allowed, s.p[i]))
			return false;
	return true;
}

static bool is_name(struct str s, const char **expected)
{
	*expected = "a name of lower-case letters, digits, '.', '+' and '-'";
	return s.n && s.n <= 100 && s.p[0] != '-' && s.p[0] != '.' &&
	       all_in(s, "abcdefghijklmnopqrstuvwxyz0123456789.+-");
}

static bool is_sha256(struct str s, const char **expected)
{
	*expected = "a SHA-256 checksum of 64 hexadecimal digits";
	return s.n == 64 && all_in(s, "0123456789abcdef");
}

static bool is_commit(struct str s, const char **expected)
{
	*expected = "a commit id of 40 hexadecimal digits";
	return s.n == 40 && all_in(s, "0123456789abcdef");
}

/* What a command line and a URL can carry as it is. */
static bool is_token(struct str s, const char **expected)
{
	*expected = "a token of 22 to 256 letters, digits, '-', '.', '_' and '~'";
	return s.n >= 22 && s.n <= 256 &&
	       all_in(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");
}

/* What leaves the tree, or would be read as an option by a program that gets it. */
static bool is_inner_path(struct str s, const char **expected)
{
	*expected = "a path inside the folder: relative, without '..'";
	if (!s.n || s.p[0] == '/' || s.p[0] == '-')
		return false;
	while (s.p)
		if (str_is(str_cut(&s, '/'), ".."))
			return false;
	return true;
}

static bool is_relative_path(struct str s, const char **expected)
{
	*expected = "a relative path";
	return s.n && s.p[0] != '/' && s.p[0] != '-';
}

static bool is_flag(struct str s, const char **expected)
{
	*expected = "a compiler flag that begins with '-' (not -o, -c, -M.., which are respin's)";
	return s.n > 1 && s.p[0] == '-' && !str_is(s, "-o") && !str_is(s, "-c") &&
	       !str_starts(s, S("-M"));
}

static bool is_url(struct str s, const char **expected)
{
	*expected = "a URL that begins with https:// or http://";
	return str_starts(s, S("https://")) || str_starts(s, S("http://"));
}

static bool is_git_url(struct str s, const char **expected)
{
	*expected = "a URL that begins with https://, http:// or file://";
	const char *unused;
	return is_url(s, &unused) || str_starts(s, S("file://"));
}

static const struct spec_field source_fields[] = {
	{AT(source, debian, SPEC_STRING), .check = is_name,
		.help = "Name of a Debian source package."},
	{AT(source, url, SPEC_STRING), .check = is_url, .help = "URL of an archive."},
	{AT(source, git, SPEC_STRING), .check = is_git_url, .help = "URL of a git repository."},
	{AT(source, path, SPEC_STRING), .check = is_relative_path,
		.help = "Folder, relative to the recipe's folder."},
	{AT(source, version, SPEC_STRING), .help = "With debian: the version in the archive."},
	{AT(source, commit, SPEC_STRING), .check = is_commit, .help = "With git: the commit's id."},
	{AT(source, sha256, SPEC_STRING), .check = is_sha256,
		.help = "With url: of the archive; with debian: of the .dsc file."}};
static const struct spec source_spec = {
	"source", FIELDS(source), .help = "A place to get the source from."};

static const struct spec_field objects_fields[] = {
	{AT(objects, sources, SPEC_STRINGS), .required = true, .check = is_inner_path,
		.help = "C and assembly files: globs relative to the source tree."},
	{AT(objects, include, SPEC_STRINGS), .check = is_inner_path,
		.help = "Folders of the source tree that are searched for headers."},
	{AT(objects, flags, SPEC_STRINGS), .check = is_flag, .help = "Flags for the compiler."},
	{AT(objects, config, SPEC_STRINGS), .check = is_inner_path,
		.help = "Folders relative to the recipe's folder that hold config headers; "
			"searched first, "
			"also by dependents."}};
static const struct spec objects_spec = {
	"objects", FIELDS(objects), .help = "C and assembly files to one relocatable object."};

static const struct spec_field commands_fields[] = {
	{AT(commands, run, SPEC_ARGVS), .required = true,
		.help = "Command lines, each a list of words, run in a copy of the source tree."},
	{AT(commands, output, SPEC_STRING), .required = true, .check = is_inner_path,
		.help = "The object or archive that they make, relative to the source tree."}};
static const struct spec commands_spec = {
	"commands", FIELDS(commands), .help = "Programs that make one object."};

static const struct spec_field dune_how_fields[] = {
	{AT(dune_how, place, SPEC_STRING), .required = true, .check = is_inner_path,
		.help = "The folder of the dune workspace that the source takes; \".\" is its "
			"root."},
	{AT(dune_how, packages, SPEC_STRINGS), .help = "The opam packages in it."},
	{AT(dune_how, target, SPEC_STRING), .check = is_inner_path,
		.help = "Of an image: the file that dune makes, relative to the workspace's root."},
	{AT(dune_how, profile, SPEC_STRING),
		.help = "Of an image: dune's build profile, such as \"release\"."}};
static const struct spec dune_spec = {
	"dune", FIELDS(dune_how), .help = "A part of a dune workspace."};

static const struct spec_field build_how_fields[] = {
	{AT(build_how, objects, SPEC_POINTER), .sub = &objects_spec,
		.help = "Compile C and assembly files."},
	{AT(build_how, commands, SPEC_POINTER), .sub = &commands_spec,
		.help = "Run the package's own build system."},
	{AT(build_how, dune, SPEC_POINTER), .sub = &dune_spec,
		.help = "Let dune build it, in one workspace with all that has this field."}};
static const struct spec build_spec = {
	"build", FIELDS(build_how), .help = "How the package builds."};

static const struct spec_field provides_fields[] = {
	{AT(provides, include, SPEC_STRINGS), .check = is_inner_path,
		.help = "Folders of the source tree that dependents search for headers."},
	{AT(provides, flags, SPEC_STRINGS), .check = is_flag,
		.help = "Compiler flags that all code linked with it needs."},
	{AT(provides, link, SPEC_STRING), .check = is_inner_path,
		.help = "Linker script of images, relative to the source tree."}};
static const struct spec provides_spec = {
	"provides", FIELDS(provides), .help = "What dependents get from the package."};

static const struct spec_field boot_fields[] = {
	{AT(boot, memory_mb, SPEC_INT), .min = 8, .max = 4096, .preset = 64,
		.help = "Memory of the machine in MiB."},
	{AT(boot, command_line, SPEC_STRING), .help = "Words added to the image's command line."},
	{AT(boot, address, SPEC_STRING), .help = "\"10.77.0.2/24\" (the default) or \"dhcp\"."}};
static const struct spec boot_spec = {
	"boot", FIELDS(boot), .help = "The machine that the image boots on."};

static const struct spec_field wire_how_fields[] = {
	{AT(wire_how, delay_ms, SPEC_INT), .min = 0, .max = 60000,
		.help = "Delay of the wire in milliseconds, each way."},
	{AT(wire_how, mtu, SPEC_INT), .min = 576, .max = 1500, .preset = 1500,
		.help = "Largest packet of the host's end in bytes."}};
static const struct spec wire_spec = {
	"wire", FIELDS(wire_how), .help = "The virtual Ethernet between image and host."};

static const struct spec_field network_how_fields[] = {
	{AT(network_how, address, SPEC_STRING),
		.help = "The image's address: \"192.168.1.1/24\", or \"dhcp\"."},
	{AT(network_how, host, SPEC_STRING),
		.help = "The host's address; by default the network's first that is free."},
	{AT(network_how, delay_ms, SPEC_INT), .min = 0, .max = 60000,
		.help = "Delay of the wire in milliseconds, each way."},
	{AT(network_how, mtu, SPEC_INT), .min = 576, .max = 1500, .preset = 1500,
		.help = "Largest packet of the host's end in bytes."},
	{AT(network_how, host_gateway, SPEC_BOOL),
		.help = "The host reaches all other networks through the image."}};
static const struct spec network_spec = {"network", FIELDS(network_how),
	.help = "A virtual Ethernet between a network card of the image and a host of its own."};

static const struct spec_field disk_how_fields[] = {{AT(disk_how, size_mb, SPEC_INT), .min = 1,
	.max = 65536, .preset = 64, .help = "Size of the disk in MiB."}};
static const struct spec disk_spec = {
	"disk", FIELDS(disk_how), .help = "A virtio-blk device, empty at the start."};

static const struct spec_field state_how_fields[] = {
	{AT(state_how, port, SPEC_INT), .min = 1, .max = 65535, .preset = 80,
		.help = "The TCP port that git's smart HTTP is served at."},
	{AT(state_how, at, SPEC_INT), .min = 0, .max = RECIPE_NETWORKS_MAX - 1,
		.help = "The network that it is read from."},
	{AT(state_how, stores, SPEC_STRINGS), .required = true, .check = is_name,
		.help = "Names of the repositories: \"arp\" is http://ADDRESS/arp.git."},
	{AT(state_how, token, SPEC_STRING), .check = is_token,
		.help = "The token that opens them for reading, where they ask for one."}};
static const struct spec state_spec = {"state", FIELDS(state_how),
	.help = "The network state that the image serves as git repositories."};

static const struct spec_field condition_fields[] = {
	{AT(condition, path, SPEC_STRING), .check = is_inner_path,
		.help = "Pattern of entries (\"arp/10.0.0.*\"); with a slash at its end, all "
			"below."},
	{AT(condition, text, SPEC_STRING),
		.help = "Extended regular expression that the entry's text must match."},
	{AT(condition, field, SPEC_STRING),
		.help = "First word of the line of the text that matters."},
	{AT(condition, value, SPEC_STRING), .help = "What must follow that word on its line."},
	{AT(condition, min, SPEC_INT), .min = 0, .max = 1000000000, .preset = 1,
		.help = "The least count of such entries."},
	{AT(condition, max, SPEC_INT), .min = -1, .max = 1000000000, .preset = -1,
		.help = "The largest count of such entries; -1 is any."},
	{AT(condition, message, SPEC_STRING),
		.help = "Extended regular expression that the commit's message must match."},
	{AT(condition, changes_within_s, SPEC_INT), .min = 0, .max = 1000000000,
		.help = "The field changes in this commit, sooner than this after its last "
			"change."}};
static const struct spec condition_spec = {
	"condition", FIELDS(condition), .help = "What one commit is asked."};

static const struct spec_field commits_how_fields[] = {
	{AT(commits_how, message, SPEC_STRING),
		.help = "Extended regular expression: only commits whose message matches it."},
	{AT(commits_how, min, SPEC_INT), .min = 0, .max = 1000000000, .help = "The least count."},
	{AT(commits_how, max, SPEC_INT), .min = -1, .max = 1000000000, .preset = -1,
		.help = "The largest count; -1 is any."},
	{AT(commits_how, per_second, SPEC_INT), .min = -1, .max = 1000000000, .preset = -1,
		.help = "The largest count within a second of the commits' dates; -1 is any."}};
static const struct spec commits_spec = {
	"commits", FIELDS(commits_how), .help = "How many commits there are."};

static const char *const check_types[] = {
	"boot", "arp", "ping", "tcp", "http", "packets", "command", "reboot", "state", NULL};
static const char *const reboot_kinds[] = {"power", "reset", NULL};

static const struct spec_field check_fields[] = {
	{AT(check, name, SPEC_STRING), .required = true,
		.help = "What it is called in reports; unique."},
	{AT(check, type, SPEC_STRING), .required = true, .words = check_types,
		.help = "What kind of check it is."},
	{AT(check, timeout_ms, SPEC_INT), .min = 1, .max = 3600000, .preset = 5000,
		.help = "How long it may take, in milliseconds."},
	{AT(check, at, SPEC_INT), .min = 0, .max = RECIPE_NETWORKS_MAX - 1,
		.help = "The network whose host does it, or whose packets matter."},
	{AT(check, machine, SPEC_INT), .min = 0, .max = RECIPE_MACHINES_MAX,
		.help = "The machine that it is about, where there are several; 0 is the first, in "
			"boot all."},
	{AT(check, expect, SPEC_STRING), .help = "boot, reboot: text that the console must show."},
	{AT(check, count, SPEC_INT), .min = 1, .max = 100000, .preset = 3,
		.help = "ping: how many."},
	{AT(check, port, SPEC_INT), .min = 1, .max = 65535, .preset = 80,
		.help = "tcp, http: the port."},
	{AT(check, path, SPEC_STRING), .help = "http: path of the page."},
	{AT(check, status, SPEC_INT), .min = 100, .max = 599, .preset = 200,
		.help = "http: the status expected."},
	{AT(check, sha256, SPEC_STRING), .check = is_sha256, .help = "http: checksum of the body."},
	{AT(check, filter, SPEC_STRING),
		.help = "packets: those to count, in pcap's filter language."},
	{AT(check, order, SPEC_STRINGS), .help = "packets: filters that must match in this order."},
	{AT(check, min, SPEC_INT), .min = 0, .max = 1000000000,
		.help = "packets: the least count."},
	{AT(check, max, SPEC_INT), .min = -1, .max = 1000000000, .preset = -1,
		.help = "packets: the largest count; -1 is any."},
	{AT(check, during, SPEC_STRING),
		.help = "packets, state: only what came while the check of this name ran."},
	{AT(check, since, SPEC_STRING),
		.help = "packets, state: only what came once the check of this name began."},
	{AT(check, after, SPEC_STRING),
		.help = "packets, state: only what came behind the first packet that matches this "
			"filter."},
	{AT(check, until, SPEC_STRING),
		.help = "packets, state: only what came before the next packet that matches this "
			"filter."},
	{AT(check, run, SPEC_STRINGS), .help = "command: the program and its arguments."},
	{AT(check, tap, SPEC_BOOL), .help = "command: its output is TAP."},
	{AT(check, how, SPEC_STRING), .words = reboot_kinds,
		.help = "reboot: \"power\" is cut (the default), or \"reset\" is pressed."},
	{AT(check, store, SPEC_STRING), .check = is_name,
		.help = "state: whose history; one of image.state.stores."},
	{AT(check, at_end, SPEC_STRUCTS), .sub = &condition_spec,
		.help = "state: what must hold in the last commit."},
	{AT(check, always, SPEC_STRUCTS), .sub = &condition_spec,
		.help = "state: what must hold in all commits."},
	{AT(check, eventually, SPEC_STRUCTS), .sub = &condition_spec,
		.help = "state: what must hold in a commit."},
	{AT(check, never, SPEC_STRUCTS), .sub = &condition_spec,
		.help = "state: what must hold in no commit."},
	{AT(check, commits, SPEC_POINTER), .sub = &commits_spec,
		.help = "state: how many commits there must be."}};
static const struct spec check_spec = {"check", FIELDS(check), .help = "One check of the lab."};

static const char *const machine_kinds[] = {
	"qemu", "solo5-virtio", "solo5-spt", "solo5-hvt", "unix", "process", NULL};

static const struct spec_field image_how_fields[] = {
	{AT(image_how, machine, SPEC_STRING), .words = machine_kinds,
		.help = "What the image boots on; \"qemu\" by default."},
	{AT(image_how, boot, SPEC_STRUCT), .sub = &boot_spec, .help = "The machine."},
	{AT(image_how, wire, SPEC_STRUCT), .sub = &wire_spec, .help = "The wire."},
	{AT(image_how, networks, SPEC_STRUCTS), .sub = &network_spec,
		.help = "The networks, one a network card, in place of boot.address and wire."},
	{AT(image_how, machines, SPEC_INT), .min = 1, .max = RECIPE_MACHINES_MAX, .preset = 1,
		.help = "How many machines boot the image, with addresses counted up."},
	{AT(image_how, disk, SPEC_POINTER), .sub = &disk_spec, .help = "The disk."},
	{AT(image_how, state, SPEC_POINTER), .sub = &state_spec,
		.help = "The network state that it serves."},
	{AT(image_how, files, SPEC_STRING), .check = is_relative_path,
		.help = "Folder that is packed into the image, relative to the recipe's folder."},
	{AT(image_how, checks, SPEC_STRUCTS), .sub = &check_spec,
		.help = "What must hold once it has booted, in this order."}};
static const struct spec image_spec = {"image", FIELDS(image_how), .help = "A bootable image."};

static const struct spec_field recipe_fields[] = {
	{AT(recipe, name, SPEC_STRING), .required = true, .check = is_name,
		.help = "The package's name; that of the recipe's folder."},
	{AT(recipe, version, SPEC_STRING), .required = true, .help = "The package's version."},
	{AT(recipe, license, SPEC_STRING), .required = true, .help = "SPDX expression."},
	{AT(recipe, summary, SPEC_STRING), .help = "One sentence: what it is."},
	{AT(recipe, source, SPEC_STRUCTS), .sub = &source_spec,
		.help = "Places to get the source from, tried in order."},
	{AT(recipe, needs, SPEC_STRINGS), .check = is_name,
		.help = "Names of the packages it needs."},
	{AT(recipe, build, SPEC_STRUCT), .sub = &build_spec, .help = "How it builds."},
	{AT(recipe, provides, SPEC_STRUCT), .sub = &provides_spec, .help = "What dependents get."},
	{AT(recipe, image, SPEC_POINTER), .sub = &image_spec,
		.help = "Makes it a bootable image."}};
const struct spec recipe_spec = {"recipe", FIELDS(recipe), .help = "One package of respin."};
