/* recipe.h - the typed model of a package: where its source is, what it needs, how it builds; and
 * the workspace, a folder with recipes/ and overlays/ in which respin works.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RECIPE_H
#define RESPIN_RECIPE_H

#include "base/base.h"
#include "spec/spec.h"

/* A file that opam adds to a source: put there as NAME, or, of a patch, applied. */
struct added_file {
	const char *name;
	const char *file; /* where it is on this machine, with sha256; else ... */
	const char *url;  /* ... where it is to be had, with one of the checksums ... */
	strings mirrors;  /* ... or else, in this order */
	const char *sha256, *sha512, *md5;
	bool is_patch;
};

/* One place to get the source from; exactly one of debian, url, git and path is set. */
struct source {
	const char *debian; /* name of a Debian source package; version is Debian's, sha256 the
			       .dsc's (of a made recipe NULL: apt tells it when the
			       source is fetched) */
	const char *url;    /* of an archive; the checksums are the archive's. Of a made recipe also
				file://PATH, with an absolute path that is not escaped */
	const char *git;    /* URL of a repository, with commit (40 hexadecimal digits) */
	const char *path;   /* folder, relative to the recipe's folder */
	const char *in_root; /* the same, relative to the workspace's root, where the recipe leaves
			      * its source to the dune workspace; or NULL */
	const char *version; /* debian: "2.1.3+dfsg1-2" */
	const char *commit;
	const char *sha256;
	const char *sha512, *md5; /* of an archive, beside or in place of sha256: opam's */
	/* Of a made recipe: added to it in this order, files before patches. */
	VEC(struct added_file) added;
};
typedef VEC(struct source) source_list;

/* build.objects: C (.c) and assembly (.S) files to one relocatable object. */
struct objects {
	strings sources; /* globs relative to the source tree: "src/core/[a-z]*.c" */
	strings include; /* folders of the source tree, searched by this package only */
	strings flags;	 /* for the compiler */
	strings config;	 /* folders relative to the recipe's folder, searched first, also by
			    dependents */
};

/* build.commands: programs run in a copy of the source tree; OUTPUT is the object they make. */
struct command_line {
	strings argv;
};
struct commands {
	VEC(struct command_line) run;
	const char *output; /* relocatable object (or archive), relative to the source tree */
};

/* build.dune: a part of one dune workspace, which dune builds as a whole. */
struct dune_how {
	const char *place;  /* the folder of the workspace that the source takes; "." is its root */
	strings packages;   /* opam's packages in it: several may share one repository */
	const char *target; /* of an image: what dune makes, relative to the workspace's root */
	const char *profile; /* of an image: "release", ...; NULL: dune's own */
};

/* build.debian: the package's own debian/rules, which make its binary packages. */
struct debian_how {
	strings options;  /* DEB_BUILD_OPTIONS; empty: "nocheck" */
	strings profiles; /* DEB_BUILD_PROFILES; empty: "nocheck" */
};

/* At most one of them is set. */
struct build_how {
	struct objects *objects;
	struct commands *commands;
	struct dune_how *dune;
	struct debian_how *debian;
};

/* What dependents get from a package. */
struct provides {
	strings include;  /* folders of the source tree that they search */
	strings flags;	  /* compiler flags that all code linked with it needs */
	const char *link; /* linker script of images, relative to the source tree */
};

/* image.boot: the machine. */
struct boot {
	int64_t memory_mb;	  /* default 64; of unix and process: not used */
	const char *command_line; /* in qemu added to what the lab gives; may be NULL */
	const char *address;	  /* "10.77.0.2/24" (default) or "dhcp" */
};

/* image.wire: the virtual Ethernet between image and host. */
struct wire_how {
	int64_t delay_ms; /* each way */
	int64_t mtu;	  /* of the host's end; default 1500 */
};

/* image.networks: virtual Ethernets, each with a network card of the image at one end and a Linux
 * host of its own at the other. */
struct network_how {
	const char *address; /* the image's: "192.168.1.1/24", "dhcp"; NULL: 10.(77 + N).0.2/24 */
	const char *host;    /* the host's; NULL: the network's first that is free */
	int64_t delay_ms;    /* each way */
	int64_t mtu;	     /* of the host's end; default 1500 */
	bool host_gateway;   /* the host reaches all other networks through the image */
};
#define RECIPE_NETWORKS_MAX 4
#define RECIPE_MACHINES_MAX 32

/* image.disk: a virtio-blk device, empty at the start. */
struct disk_how {
	int64_t size_mb;
};

/* image.state: what the image serves of its network state, as git repositories by HTTP. */
struct state_how {
	int64_t port;	   /* default 80 */
	int64_t at;	   /* the network that it is read from */
	strings stores;	   /* "arp": http://ADDRESS/arp.git */
	const char *token; /* for reading; NULL: none is asked for */
};

/* What a state check asks of one commit: holds where the number of entries that it means is within
 * [min, max], and its message matches. */
struct condition {
	const char *path;    /* pattern of entries: "arp/10.0.0.*"; "nat/": all below */
	const char *text;    /* regular expression that the entry's text must match */
	const char *field;   /* only the rest of the text's line that begins with this word ... */
	const char *value;   /* ... and it must be this */
	int64_t min, max;    /* of the count; default 1 and -1, which is any */
	const char *message; /* regular expression that the commit's message must match */
	int64_t changes_within_s; /* instead of the count: the field gets another value in this
				   * commit, sooner than this after it got its last one; 0: off */
};

typedef VEC(struct condition) conditions;

/* What a state check asks of the number of commits. */
struct commits_how {
	const char *message; /* regular expression: only those; NULL: all */
	int64_t min, max;    /* default 0 and -1, which is any */
	int64_t per_second;  /* at most so many of one second; -1: any */
};

/* One check of the lab; which fields matter depends on TYPE (see lab.h). */
struct check {
	const char *name;
	const char *type; /* boot arp ping tcp http packets command reboot state */
	int64_t timeout_ms;
	int64_t at;	    /* the network that it runs or looks at; default 0 */
	int64_t machine;    /* of several: 1 and on; 0: the first, in boot all */
	const char *expect; /* boot: text on the console */
	int64_t count;	    /* ping: how many; */
	int64_t port;	    /* tcp, http */
	const char *path;   /* http: "/index.html" */
	int64_t status;	    /* http: 200 */
	const char *sha256; /* http: of the body */
	const char *filter; /* packets: in tcpdump's language */
	strings order;	    /* packets: filters that must match in this order */
	int64_t min, max;   /* packets: bounds of the count; max -1: none */
	const char *during; /* packets: only those recorded while the check of this name ran */
	const char *after;  /* packets: only those behind the first that matches this filter ... */
	const char *until;  /* ... and before the next one that matches this */
	strings run;	    /* command: argv */
	bool tap;	    /* command: its output is TAP */
	const char *how;    /* reboot: "power" or "reset" */
	const char *store;  /* state: whose history */
	const char *since;  /* packets, state: only what came once the check of this name began */
	conditions at_end, always, eventually, never; /* state */
	struct commits_how *commits;		      /* state; may be NULL */
};

/* Machines that an image boots on:
 *   qemu           our own images and such that boot as they do (multiboot), in QEMU
 *   solo5-virtio   a Solo5 virtio image, in QEMU
 *   solo5-spt      a Solo5 spt image, under its tender solo5-spt
 *   solo5-hvt      a Solo5 hvt image, under its tender solo5-hvt: needs KVM
 *   unix           a program that takes its network card from a tap device: MirageOS's target unix
 *   process        a program that uses the kernel's sockets, in a network namespace of its own
 * To all but qemu, boot.command_line is the whole command line, in which $ADDRESS, $PREFIX, $HOST
 * and $TAP are replaced: the image's address on network 0, its prefix's length, the host's address,
 * and the name of the tap device; with a network's number behind them ($ADDRESS1), those of that
 * network. */
struct image_how {
	const char *machine; /* NULL: "qemu" */
	struct boot boot;
	struct wire_how wire;
	VEC(struct network_how) networks; /* empty: one, as boot.address and wire say */
	int64_t machines;		  /* copies of the image on network 0; default 1 */
	struct disk_how *disk;		  /* NULL: none */
	struct state_how *state;	  /* NULL: none */
	const char *files; /* folder packed into the image, relative to the recipe's folder */
	VEC(struct check) checks;
};

struct recipe {
	const char *name, *version, *license, *summary;
	source_list source;
	strings needs; /* names of recipes */
	struct build_how build;
	struct provides provides;
	struct image_how *image; /* NULL: a library */

	/* recipe.json's path, for messages; of a made recipe the file that tells of the package */
	const char *file;
	const char *dir; /* the folder that holds it, absolute; of a made recipe the root */
	bool is_made;	 /* from the dune workspace as it stands: there is no recipe.json */
	bool is_closed;	 /* NEEDS names all that it needs, transitively, and nothing else */
};

typedef VEC(struct recipe *) recipes;

struct workspace {
	struct arena *a;
	const char *root;     /* absolute */
	const char *overlays; /* root/overlays */
	const char *state;    /* root/.respin: store, sources, runs; can be deleted at any time */
	recipes all;  /* sorted by name: those of recipes/ and overlays/PKG/, and made ones */
	bool is_dune; /* the root is that of a dune workspace, whose recipes are made */
	const char *opam_switch; /* folder of the opam switch that it builds in; NULL: none */
	strings missing;	 /* libraries that its images link and that are nowhere */
	/* Folders of vendored sources that the lock file LOCK names and that are not there, or
	 * empty, relative to the root. */
	strings unpulled;
	const char *lock;  /* absolute; NULL where all are there */
	const char *stale; /* says that a MirageOS project was not made of its config.ml as it is
			    * now; NULL */
};

/* The decode table of a recipe: also what the cache key and the JSON Schema are made from. */
extern const struct spec recipe_spec;

/* Is PATH one of the files that PATTERN means ("src/core/[a-z]*.c")? '*', '?' and '[a-z]' stop at a
 * slash and don't match a leading dot. */
bool glob_match(const char *pattern, const char *path);
/* Reads and checks one recipe. E_INPUT with file and JSON path where it is wrong. */
MUST_CHECK bool recipe_read(struct arena *a, const char *file, struct recipe **out, struct err *e);
/* The same over MADE, the recipe of the same name that would be there without it (or NULL): of its
 * source, needs, build, image.machine, boot.command_line and checks comes what the file leaves out.
 */
MUST_CHECK bool recipe_read_over(struct arena *a, const char *file, const struct recipe *made,
	struct recipe **out, struct err *e);
/* Takes that from MADE into R, which was read. */
void recipe_take(struct arena *a, struct recipe *r, const struct recipe *made);
/* The text of R's file as it is, and with another version and other sources: all other bytes stay.
 * E_INPUT where the result is no recipe. Writes nothing. */
MUST_CHECK bool recipe_edit(struct arena *a, const struct recipe *r, const char *version,
	const source_list *list, struct str *before, struct str *after, struct err *e);
/* The folder of the workspace that holds START: the first one upwards with respin.json or
 * .respin.json. E_USAGE where there is none. */
MUST_CHECK bool workspace_find(
	struct arena *a, const char *start, const char **root, struct err *e);
/* Reads all recipes of the workspace ROOT, in the folders that its settings name, else in
 * "recipes". Those of MADE (sorted by name; may be NULL) are in it as well, but for those that a
 * hand-written one stands for: of the same name, an image of the same target, or a unit at the same
 * place or with a package in common. Who needs them needs that one then. */
MUST_CHECK bool workspace_read(struct arena *a, const char *root, const recipes *made,
	struct workspace *out, struct err *e);
/* Both: for hand-written recipes alone. project_open() is what commands use. */
MUST_CHECK bool workspace_open(
	struct arena *a, const char *start, struct workspace *out, struct err *e);
/* Adds R, that has no namesake there. */
void workspace_add(struct workspace *w, struct recipe *r);
/* The recipe called NAME, else the one that holds the opam package NAME; E_NOTFOUND with near
 * misses. */
MUST_CHECK bool recipe_find(
	const struct workspace *w, const char *name, struct recipe **out, struct err *e);
/* The same, but it must be an image. */
MUST_CHECK bool recipe_find_image(
	const struct workspace *w, const char *name, struct recipe **out, struct err *e);
/* The part of the dune workspace that PATH lies in (absolute, or relative to the root; a folder, a
 * library's or module's file): the one with the longest place. Images count only where no other
 * recipe has the place. NULL: none; always where W holds no dune recipes. */
struct recipe *recipe_of_place(const struct workspace *w, const char *path);
/* The part of it that holds opam's package NAME (no image); NULL: none. */
struct recipe *recipe_of_package(const struct workspace *w, const char *name);
/* E_INPUT: tells which of W's folders are not there (w->unpulled, not empty), and what gets them.
 */
MUST_CHECK bool workspace_fail_unpulled(const struct workspace *w, struct err *e);
/* R and all that it needs, transitively: dependents before what they need, R first. The order is
 * the link order and depends on nothing but the recipes. */
MUST_CHECK bool recipe_closure(
	const struct workspace *w, struct recipe *r, recipes *out, struct err *e);
/* All recipes that need R, transitively, sorted by name. */
MUST_CHECK bool recipe_dependents(
	const struct workspace *w, const struct recipe *r, recipes *out, struct err *e);

#endif
