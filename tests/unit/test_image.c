/* test_image.c - sealing, packing and reading images, against what binutils and cpio say of them.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>

#include "image/image.h"
#include "spec/spec.h"
#include "sys/sys.h"

struct fixture {
	struct arena arena;
	const char *dir; /* scratch folder: lwip.o, site.o, files.o, linked, linked.map */
};

/* Two packages and the packed files, as a build hands them to the linker. Line numbers count. */
static const char tcp_c[] = "int tcp_window = 4;\n"
			    "char tcp_pool[3000];\n"
			    "static int round_up(int n)\n"
			    "{\n"
			    "	return (n + 3) & ~3;\n"
			    "}\n"
			    "int tcp_output(int n)\n"
			    "{\n"
			    "	tcp_pool[0] = 1;\n"
			    "	return round_up(n) * tcp_window;\n"
			    "}\n"
			    "int tcp_never_called(void)\n"
			    "{\n"
			    "	return 7;\n"
			    "}\n";
static const char main_c[] = "int tcp_output(int);\n"
			     "int site_port[3] = {81, 8080, 443};\n"
			     "void _start(void)\n"
			     "{\n"
			     "	int status = tcp_output(site_port[0]) & 63;\n"
			     "	__asm__ volatile(\"syscall\" : : \"a\"(60), \"D\"(status));\n"
			     "	__builtin_unreachable();\n"
			     "}\n";
static const char files_c[] = "const char packed[777] = {1};\n";

static const char build_script[] =
	"mkdir -p lwip/src 'my site'\n"
	"cc() { gcc -g -c -O1 -fno-inline -fno-pic -ffunction-sections -fdata-sections "
	"-fno-asynchronous-unwind-tables \"$@\"; }\n"
	"mv tcp_out.c lwip/src\n"
	"(cd lwip && cc -ffile-prefix-map=\"$PWD\"=/lwip src/tcp_out.c -o ../t.o) && ld -r t.o -o "
	"lwip.o\n"
	"cc main.c -o m.o && ld -r m.o -o 'my site/site.o' && cc files.c -o files.o\n"
	"ld --gc-sections -u packed -Map linked.map lwip.o 'my site/site.o' files.o -o linked\n";

/* Runs SCRIPT in the scratch folder; its standard output. */
static const char *shell(struct fixture *f, const char *script)
{
	struct err e;
	struct outcome outcome;
	const char *const argv[] = {"sh", "-ec", script, NULL};
	const struct command c = {.argv = argv, .dir = f->dir};
	assert_ok(command_must(&f->arena, &c, &outcome, &e));
	return str_copy(&f->arena, outcome.output);
}

static const char *in(struct fixture *f, const char *name)
{
	return path_join(&f->arena, f->dir, name);
}

static void put(struct fixture *f, const char *name, const char *text)
{
	struct err e;
	const char *path = in(f, name);
	assert_ok(dir_make(path_dir(&f->arena, path), &e));
	assert_ok(file_write(path, str_of(text), 0644, &e));
}

static struct str get(struct fixture *f, const char *name)
{
	struct err e;
	struct str bytes;
	assert_ok(file_read(&f->arena, in(f, name), 1 << 24, &bytes, &e));
	return bytes;
}

static int set_up(void **state)
{
	struct err e;
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	return f && dir_make_temp(&f->arena, "/tmp/respin-test-image.", &f->dir, &e) ? 0 : -1;
}

static int set_up_linked(void **state)
{
	if (set_up(state))
		return -1;
	struct fixture *f = *state;
	put(f, "tcp_out.c", tcp_c);
	put(f, "main.c", main_c);
	put(f, "files.c", files_c);
	shell(f, build_script);
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct fixture *f = *state;
	bool removed = tree_remove(f->dir, &e);
	arena_free(&f->arena);
	free(f);
	return removed ? 0 : -1;
}

static struct image_info example(struct arena *a)
{
	struct image_info m = {.name = "static-site", .files_sha256 = "f00d"};
	struct manifest_package *lwip = vec_add(a, &m.packages);
	*lwip = (struct manifest_package){.name = "lwip",
		.version = "2.1.3",
		.license = "BSD-3-Clause",
		.source = "debian lwip 2.1.3+dfsg1-2",
		.source_sha256 = "8d8f",
		.overlay_tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		.size = 12345};
	vec_push(a, &lwip->patches, "tcp: \"ten\" segments\t\xc3\xa4");
	vec_push(a, &m.packages, ((struct manifest_package){.name = "site", .version = "1"}));
	return m;
}

static void seal(struct fixture *f, const char *linked, const char *map, const char *out)
{
	struct err e;
	struct image_info m = example(&f->arena);
	assert_ok(image_seal(in(f, linked), in(f, map), &m, in(f, out), &e));
}

static enum code seal_code(struct fixture *f, const char *linked, const char *map, struct err *e)
{
	struct image_info m = example(&f->arena);
	bool sealed = image_seal(in(f, linked), in(f, map), &m, in(f, "never"), e);
	assert_false(sealed);
	assert_false(file_exists(in(f, "never")));
	return e->code;
}

static struct image_info sealed_info(struct fixture *f)
{
	struct err e;
	struct image_info info;
	seal(f, "linked", "linked.map", "image");
	assert_ok(image_read(&f->arena, in(f, "image"), &info, &e));
	return info;
}

/* ---- seal ----------------------------------------------------------------------------- */

static void seal_changes_nothing_else(void **state)
{
	struct fixture *f = *state;
	seal(f, "linked", "linked.map", "image");
	shell(f, "a=0 b=0; ./linked || a=$?; ./image || b=$?; test $a = 16; test $b = 16");
	assert_string_equal(
		shell(f, "for i in linked image; do readelf -lW $i | sed '/Section to/,$d' >$i.ph; "
			 "nm $i >$i.nm; readelf -SW $i | grep -v -e shstrtab -e respin -e '^There' "
			 ">$i.sections; objcopy -O binary $i $i.bin; "
			 "objdump --dwarf=decodedline $i 2>/dev/null | grep -v file.format "
			 ">$i.lines; done; "
			 "for x in ph nm sections bin lines; do cmp linked.$x image.$x; done"),
		"");
	assert_string_equal(shell(f, "readelf -aW image 2>&1 >/dev/null"), "");
}

static const char *loaded(struct fixture *f, const char *file)
{
	struct err e;
	const char *name;
	assert_ok(image_loaded(&f->arena, in(f, file), &name, &e));
	assert_int_equal(strlen(name), 64);
	return name;
}

/* The manifest and debug information are no part of it; each byte of code is. */
static void loaded_names_what_the_machine_gets(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const char *name;
	seal(f, "linked", "linked.map", "image");
	shell(f, "objcopy -g image stripped; objcopy -O binary -j .text image text; "
		 "printf '\302' | dd of=text conv=notrunc bs=1 seek=$(($(stat -c %s text) - 1)) "
		 "2>/dev/null; objcopy --update-section .text=text image changed");
	assert_string_equal(loaded(f, "image"), loaded(f, "linked"));
	assert_string_equal(loaded(f, "image"), loaded(f, "stripped"));
	assert_string_not_equal(loaded(f, "image"), loaded(f, "changed"));
	assert_false(image_loaded(&f->arena, in(f, "linked.map"), &name, &e));
	assert_int_equal(e.code, E_INPUT);
}

static void seal_adds_the_manifest(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const struct json *manifest;
	seal(f, "linked", "linked.map", "image");
	shell(f, "objcopy -O binary --only-section=.respin.manifest --set-section-flags "
		 ".respin.manifest=alloc image manifest.json");
	assert_ok(json_parse(&f->arena, get(f, "manifest.json"), "manifest", &manifest, &e));
	assert_string_equal(json_string(json_get(manifest, "name"), ""), "static-site");
	const struct json *packages = json_get(manifest, "packages");
	assert_int_equal(json_count(packages), 2);
	const struct json *lwip = json_at(packages, 0);
	assert_string_equal(json_string(json_get(lwip, "version"), ""), "2.1.3");
	assert_true(json_count(json_get(lwip, "ranges")) > 0);
}

static void seal_is_the_same_in_any_folder(void **state)
{
	struct fixture *f = *state;
	seal(f, "linked", "linked.map", "first");
	shell(f, "mkdir -p else/where && cp lwip.o files.o else/where && cp 'my site/site.o' else "
		 "&& "
		 "cd else && ld --gc-sections -u packed -Map m where/lwip.o site.o where/files.o "
		 "-o i");
	seal(f, "else/i", "else/m", "second");
	shell(f, "cmp first second; test -x second");
}

static void seal_refuses_what_does_not_fit(void **state)
{
	struct fixture *f = *state;
	struct err e;
	seal(f, "linked", "linked.map", "image");
	assert_int_equal(seal_code(f, "image", "linked.map", &e), E_INPUT);
	assert_non_null(strstr(e.text, "sealed already"));
	assert_int_equal(seal_code(f, "linked", "main.c", &e), E_INPUT);
	assert_non_null(strstr(e.text, "no link map"));
	assert_int_equal(seal_code(f, "main.c", "linked.map", &e), E_INPUT);
	assert_non_null(strstr(e.text, "no ELF file"));
	assert_int_equal(seal_code(f, "linked", "nothing", &e), E_ABSENT);
	shell(f, "sed 's/0x0000000000401/0x0000000000501/' linked.map >moved.map");
	assert_int_equal(seal_code(f, "linked", "moved.map", &e), E_INPUT);
	assert_non_null(strstr(e.text, "another image"));
	assert_non_null(strstr(e.where, "moved.map"));
}

/* ---- read ----------------------------------------------------------------------------- */

static void read_gives_the_manifest_back(void **state)
{
	struct fixture *f = *state;
	struct image_info info = sealed_info(f);
	assert_string_equal(info.name, "static-site");
	assert_string_equal(info.files_sha256, "f00d");
	assert_int_equal(info.packages.n, 2);
	struct manifest_package *lwip = &info.packages.v[0], *site = &info.packages.v[1];
	assert_string_equal(lwip->source, "debian lwip 2.1.3+dfsg1-2");
	assert_string_equal(lwip->source_sha256, "8d8f");
	assert_string_equal(lwip->overlay_tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
	assert_int_equal(lwip->patches.n, 1);
	assert_string_equal(lwip->patches.v[0], "tcp: \"ten\" segments\t\xc3\xa4");
	assert_null(site->license);
	assert_null(site->overlay_tree);
	const char *sum = shell(f, "sha256sum image | head -c 64");
	assert_string_equal(info.sha256, sum);
	assert_int_equal(info.size, atol(shell(f, "stat -c %s image")));
}

static void read_sizes_are_those_of_size(void **state)
{
	struct fixture *f = *state;
	struct image_info info = sealed_info(f);
	long all = atol(shell(f, "size -B image | awk 'NR == 2 {print $4}'"));
	assert_int_equal(info.loaded, all);
	/* All but tcp_never_called (of 6 bytes) is in the image; nothing is padded here. */
	assert_int_equal(info.packages.v[0].size,
		atol(shell(f, "size -B lwip.o | awk 'NR == 2 {print $1 + $2 - 6}'")));
	assert_int_equal(info.packages.v[0].zeroed, 3000);
	assert_int_equal(info.packages.v[1].size,
		atol(shell(f, "size -B 'my site/site.o' | awk 'NR == 2 {print $4}'")));
	assert_true(info.packages.v[0].size + info.packages.v[1].size + 777 <= info.loaded);
}

/* The linker's map tells sizes for merged strings that overlap what follows. */
static void merged_strings_count_once(void **state)
{
	struct fixture *f = *state;
	put(f, "lwip.c",
		"const char *a(void) { return \"the window of the sender\"; }\n"
		"const char *b(void) { return \"window of the sender\"; }\n"
		"const char *c(void) { return \"sender\"; }\n"
		"const char *d(void) { return \"receiver\"; }\n");
	put(f, "site.c",
		"const char *e(void) { return \"a sender\"; }\n"
		"const char *f(void) { return \"of the sender\"; }\n"
		"const char *g(void) { return \"sender\"; }\n");
	shell(f, "for i in lwip site; do gcc -c -O1 -fno-pic -ffunction-sections -fdata-sections "
		 "-falign-functions=1 -fno-asynchronous-unwind-tables -fcf-protection=none $i.c -o "
		 "x.o; "
		 "ld -r x.o -o $i.o; done; "
		 "ld -e a --build-id=none -Map linked.map lwip.o site.o -o linked");
	struct image_info info = sealed_info(f);
	assert_true(info.packages.v[1].size > 0);
	assert_int_equal(info.packages.v[0].size + info.packages.v[1].size, info.loaded);
}

static void read_sections_are_those_of_readelf(void **state)
{
	struct fixture *f = *state;
	struct image_info info = sealed_info(f);
	struct text got = {.a = &f->arena};
	vec_for(s, &info.sections) {
		text_addf(&got, "%s %016lx %06lx %d\n", s->name, (unsigned long)s->address,
			(unsigned long)s->size, s->loaded);
	}
	const char *expected =
		shell(f, "readelf -SW image | sed -n 's/^ *\\[ *[1-9][0-9]*\\] //p' | "
			 "awk '{print $1, $3, $5, ($7 ~ /A/)}'");
	assert_string_equal(got.p, expected);
	assert_string_equal(info.sections.v[info.sections.n - 1].name, ".respin.manifest");
}

static void read_symbols_are_those_of_nm(void **state)
{
	struct fixture *f = *state;
	struct image_info info = sealed_info(f);
	struct text got = {.a = &f->arena};
	for (size_t i = 0; i < info.symbols.n; i++) {
		struct image_symbol *s = &info.symbols.v[i];
		assert_true(i == 0 || s[-1].size >= s->size);
		text_addf(&got, "%016lx %016lx %s\n", (unsigned long)s->address,
			(unsigned long)s->size, s->name);
	}
	put(f, "got", got.p);
	assert_string_equal(
		shell(f, "nm -S --defined-only image | awk 'NF == 4 {print $1, $2, $4}' | "
			 "sort >want; sort got | cmp - want"),
		"");
}

static const struct image_symbol *symbol(const struct image_info *info, const char *name)
{
	vec_for(s, &info->symbols) {
		if (!strcmp(s->name, name))
			return s;
	}
	print_error("there is no symbol %s\n", name);
	_fail(__FILE__, __LINE__);
	return NULL;
}

static void read_symbols_know_their_package(void **state)
{
	struct image_info info = sealed_info(*state);
	assert_string_equal(symbol(&info, "tcp_output")->package, "lwip");
	assert_string_equal(symbol(&info, "round_up")->package, "lwip");
	assert_string_equal(symbol(&info, "tcp_pool")->package, "lwip");
	assert_string_equal(symbol(&info, "tcp_pool")->section, ".bss");
	assert_string_equal(symbol(&info, "_start")->package, "site");
	assert_string_equal(symbol(&info, "site_port")->package, "site");
	assert_null(symbol(&info, "packed")->package);
}

/* As OCaml's compiler for Solo5 writes them. */
static void read_measures_functions_of_ocaml_without_a_size(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct image_info info;
	put(f, "unsized.s",
		".text\ncamlX__code_begin:\ncamlX__f_1:\n.skip 24\ncamlX__g_2:\nalias:\n.skip 8\n"
		"plain:\n.skip 4\ncamlX__h_3:\n.skip 5\ncamlX__code_end:\n.skip 3\n"
		".data\ncamlX__1:\n.skip 16\n");
	shell(f, "gcc -c unsized.s");
	assert_ok(image_read(&f->arena, in(f, "unsized.o"), &info, &e));
	assert_int_equal(info.symbols.n, 3);
	assert_int_equal(symbol(&info, "camlX__f_1")->size, 24);
	assert_int_equal(symbol(&info, "camlX__g_2")->size, 8);
	assert_int_equal(symbol(&info, "camlX__h_3")->size, 5);
	put(f, "last.s", ".text\n.skip 4\ncamlX__f_1:\n.skip 12\n");
	shell(f, "gcc -c last.s");
	assert_ok(image_read(&f->arena, in(f, "last.o"), &info, &e));
	assert_int_equal(symbol(&info, "camlX__f_1")->size, 12);
}

static void read_takes_any_elf_file(void **state)
{
	struct fixture *f = *state;
	struct err e;
	struct image_info info;
	assert_ok(image_read(&f->arena, in(f, "lwip.o"), &info, &e));
	assert_int_equal(info.packages.n, 0);
	assert_null(symbol(&info, "tcp_output")->package);
	assert_false(image_read(&f->arena, in(f, "main.c"), &info, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_false(image_read(&f->arena, in(f, "linked.nothing"), &info, &e));
	assert_int_equal(e.code, E_ABSENT);
}

static void read_survives_damage(void **state)
{
	struct fixture *f = *state;
	seal(f, "linked", "linked.map", "image");
	struct str whole = get(f, "image");
	char *bytes = str_copy(&f->arena, whole);
	size_t failures = 0;
	for (size_t i = 0; i < whole.n; i += 37) {
		defer(arena_free) struct arena scratch = {0};
		struct err e;
		struct image_info info;
		bytes[i] = (char)~bytes[i];
		size_t length = i % 2 ? whole.n : i;
		assert_ok(file_write_cache(in(f, "bad"), (struct str){bytes, length}, 0644, &e));
		if (!image_read(&scratch, in(f, "bad"), &info, &e)) {
			assert_int_equal(e.code, E_INPUT);
			failures++;
		}
		bytes[i] = whole.p[i];
	}
	assert_true(failures > 10);
}

static void read_names_what_is_wrong_in_a_manifest(void **state)
{
	static const struct {
		const char *from, *text, *where;
	} cases[] = {
		{"s/\"name\": \"lwip\"/\"nome\": \"lwip\"/", "package 0 has no name",
			"image(.respin.manifest):/packages/0"},
		{"s/\"0x\\([0-9a-f]*\\)+/\"0y\\1+/", "expected a range of addresses",
			"image(.respin.manifest):/packages/0/ranges/0"},
		{"0,/\"0x[0-9a-f]*+/s//\"0x7f7f7f+/", "where the image has nothing", "image"},
		{"s/\"packages\"/\"packages/", "", "image(.respin.manifest)"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e;
		struct image_info info;
		seal(f, "linked", "linked.map", "good");
		shell(f, str_format(&f->arena,
				 "rm -f image; objcopy --dump-section .respin.manifest=m good "
				 "good2\n"
				 "sed '%s' m >m2; ! cmp -s m m2\n"
				 "objcopy --update-section .respin.manifest=m2 good image",
				 cases[i].from));
		assert_false(image_read(&f->arena, in(f, "image"), &info, &e));
		assert_int_equal(e.code, E_INPUT);
		assert_non_null(strstr(e.text, cases[i].text));
		assert_non_null(strstr(e.where, cases[i].where));
	}
}

/* ---- place ---------------------------------------------------------------------------- */

static const char *place(struct fixture *f, const char *image, uint64_t address)
{
	struct err e;
	const char *words;
	assert_ok(image_place(&f->arena, in(f, image), address, &words, &e));
	return words;
}

static void place_tells_function_line_and_package(void **state)
{
	struct fixture *f = *state;
	struct image_info info = sealed_info(f);
	uint64_t output = symbol(&info, "tcp_output")->address;
	const char *words = place(f, "image", output);
	int line = 0, end = 0;
	assert_int_equal(sscanf(words, "tcp_output at src/tcp_out.c:%d (lwip)%n", &line, &end), 1);
	assert_true(line >= 7 && line <= 10);
	assert_int_equal(end, strlen(words));
	assert_non_null(
		strstr(place(f, "image", symbol(&info, "_start")->address), "main.c:4 (site)"));
	shell(f, "objcopy --strip-debug image bare");
	assert_string_equal(place(f, "bare", output + 2), "tcp_output+0x2 (lwip)");
	assert_string_equal(place(f, "image", 0x10), "0x10");
}

/* ---- pack ----------------------------------------------------------------------------- */

static void make_folder(struct fixture *f, const char *dir)
{
	put(f, path_join(&f->arena, dir, "index.html"), "<h1>hello</h1>\n");
	put(f, path_join(&f->arena, dir, "css/site.css"), "h1 { color: red }");
	put(f, path_join(&f->arena, dir, "css.txt"), "");
	put(f, path_join(&f->arena, dir, "a name"), "1");
}

static struct str pack(struct fixture *f, const char *dir)
{
	struct err e;
	struct str archive;
	assert_ok(image_pack(&f->arena, in(f, dir), &archive, &e));
	return archive;
}

static void pack_is_read_by_cpio(void **state)
{
	struct fixture *f = *state;
	struct err e;
	make_folder(f, "www");
	shell(f, "ln -s ../index.html www/css/home.html");
	assert_ok(file_write(in(f, "www.cpio"), pack(f, "www"), 0644, &e));
	assert_string_equal(shell(f, "cpio -t --quiet <www.cpio"),
		"a name\ncss.txt\ncss/home.html\ncss/site.css\nindex.html\n");
	shell(f, "mkdir out; cd out; cpio -id --quiet <../www.cpio; "
		 "test ! -L css/home.html; diff -r ../www .");
	assert_string_equal(shell(f, "TZ=UTC cpio -tv --quiet --numeric-uid-gid <www.cpio | "
				     "awk '{print $1, $2, $3, $4, $8}' | uniq"),
		"-rw-r--r-- 1 0 0 1970\n");
}

static void pack_depends_on_content_alone(void **state)
{
	struct fixture *f = *state;
	make_folder(f, "one");
	shell(f, "mkdir -p two/css two/empty; cp one/index.html two; cp one/css/* two/css; "
		 "cp one/css.txt 'one/a name' two; touch -d 2001-01-01 two/*; chmod 600 two/css/*");
	assert_true(str_eq(pack(f, "one"), pack(f, "two")));
	put(f, "two/index.html", "<h1>hullo</h1>\n");
	assert_false(str_eq(pack(f, "one"), pack(f, "two")));
}

static void pack_of_nothing_is_an_empty_archive(void **state)
{
	struct fixture *f = *state;
	struct err e;
	shell(f, "mkdir www");
	struct str archive = pack(f, "www");
	assert_ok(file_write(in(f, "www.cpio"), archive, 0644, &e));
	assert_string_equal(shell(f, "cpio -t --quiet <www.cpio"), "");
	assert_true(str_find(archive, S("TRAILER!!!")) > 0);
}

static void pack_refuses_what_is_no_file(void **state)
{
	static const struct {
		const char *make, *text;
		enum code code;
	} cases[] = {
		{"ln -s ../secret www/x", "leaves the folder", E_UNSAFE},
		{"ln -s /etc/hostname www/x", "leaves the folder", E_UNSAFE},
		{"ln -s ../www2/secret www/x", "leaves the folder", E_UNSAFE},
		{"ln -s nowhere www/x", "leads nowhere", E_ABSENT},
		{"ln -s css www/x", "other than a regular file", E_INPUT},
		{"mkfifo www/x", "neither a regular file nor a folder", E_INPUT},
	};
	struct fixture *f = *state;
	struct str archive;
	struct err e;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make_folder(f, "www");
		put(f, "secret", "s");
		put(f, "www2/secret", "s");
		shell(f, cases[i].make);
		assert_false(image_pack(&f->arena, in(f, "www"), &archive, &e));
		assert_int_equal(e.code, cases[i].code);
		assert_non_null(strstr(e.text, cases[i].text));
		assert_non_null(strstr(e.text, "www/x"));
		shell(f, "rm -r www");
	}
	assert_false(image_pack(&f->arena, in(f, "www"), &archive, &e));
	assert_int_equal(e.code, E_ABSENT);
}

#define LINKED(test) cmocka_unit_test_setup_teardown(test, set_up_linked, tear_down)
#define EMPTY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	LINKED(seal_changes_nothing_else),
	LINKED(loaded_names_what_the_machine_gets),
	LINKED(seal_adds_the_manifest),
	LINKED(seal_is_the_same_in_any_folder),
	LINKED(seal_refuses_what_does_not_fit),
	LINKED(read_gives_the_manifest_back),
	LINKED(read_sizes_are_those_of_size),
	EMPTY(merged_strings_count_once),
	LINKED(read_sections_are_those_of_readelf),
	LINKED(read_symbols_are_those_of_nm),
	LINKED(read_symbols_know_their_package),
	LINKED(read_takes_any_elf_file),
	LINKED(read_measures_functions_of_ocaml_without_a_size),
	LINKED(read_survives_damage),
	LINKED(read_names_what_is_wrong_in_a_manifest),
	LINKED(place_tells_function_line_and_package),
	EMPTY(pack_is_read_by_cpio),
	EMPTY(pack_depends_on_content_alone),
	EMPTY(pack_of_nothing_is_an_empty_archive),
	EMPTY(pack_refuses_what_is_no_file),
};
RUN_TESTS("image")
