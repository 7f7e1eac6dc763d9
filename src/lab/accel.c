/* accel.c - is this KVM real? /dev/kvm alone proves nothing: it may be an emulation in the host's
 * kernel that runs a guest's code 1000 times slower than QEMU does, and ends at the first
 * instruction that it does not know. So a tiny guest has to show it.
 * SPDX-License-Identifier: ISC */
#include "lab/accel.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The guest runs in 10 ms where KVM is real, in 100 ms under TCG, in half a minute where it is
 * not; the rest is QEMU's start. */
#define DEADLINE_MS 500
#define GUEST_ADDRESS 0x100000
#define GUEST_STATUS 33 /* isa-debug-exit makes it of the value 16 */
#define ANSWER_LIMIT ((size_t)4096)

/* 32-bit code, as PVH boot enters it: paging off, flat segments. */
static const uint8_t guest_code[] = {
	0x0f, 0x20, 0xe0,			  /* mov %cr4,%eax */
	0x0d, 0x00, 0x06, 0x00, 0x00,		  /* or $0x600,%eax: SSE on */
	0x0f, 0x22, 0xe0,			  /* mov %eax,%cr4 */
	0xc7, 0x05, 0x00, 0x90, 0x00, 0x00,	  /* movl $0x1f80,0x9000 */
	0x80, 0x1f, 0x00, 0x00,			  /* */
	0x0f, 0xae, 0x15, 0x00, 0x90, 0x00, 0x00, /* ldmxcsr 0x9000 */
	0x66, 0x0f, 0x6e, 0xc0,			  /* movd %eax,%xmm0 */
	0xb9, 0x00, 0x2d, 0x31, 0x01,		  /* mov $20000000,%ecx */
	0x49,					  /* dec %ecx */
	0x75, 0xfd,				  /* jnz back */
	0xb8, 0x10, 0x00, 0x00, 0x00,		  /* mov $16,%eax */
	0xba, 0xf4, 0x00, 0x00, 0x00,		  /* mov $0xf4,%edx */
	0xef,					  /* out %eax,(%dx): the end */
	0xf4, 0xeb, 0xfd			  /* hlt, for ever */
};

/* An ELF file that QEMU boots by PVH: its entry stands in a note of "Xen", type 18. */
struct guest {
	Elf64_Ehdr header;
	Elf64_Phdr load, note;
	Elf64_Nhdr note_header;
	char note_name[4];
	uint32_t entry;
	uint8_t code[sizeof(guest_code)];
};

static struct guest make_guest(void)
{
	struct guest g = {.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					     ELFDATA2LSB, EV_CURRENT},
				  .e_type = ET_EXEC,
				  .e_machine = EM_X86_64,
				  .e_version = EV_CURRENT,
				  .e_phoff = offsetof(struct guest, load),
				  .e_ehsize = sizeof(Elf64_Ehdr),
				  .e_phentsize = sizeof(Elf64_Phdr),
				  .e_phnum = 2},
		.note_header = {.n_namesz = 4, .n_descsz = 4, .n_type = 18},
		.note_name = "Xen",
		.entry = GUEST_ADDRESS + offsetof(struct guest, code)};
	g.header.e_entry = g.entry;
	g.load = (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = GUEST_ADDRESS,
		.p_paddr = GUEST_ADDRESS,
		.p_filesz = sizeof(g),
		.p_memsz = sizeof(g),
		.p_align = 4096};
	g.note = (Elf64_Phdr){.p_type = PT_NOTE,
		.p_flags = PF_R,
		.p_offset = offsetof(struct guest, note_header),
		.p_vaddr = GUEST_ADDRESS + offsetof(struct guest, note_header),
		.p_paddr = GUEST_ADDRESS + offsetof(struct guest, note_header),
		.p_filesz = sizeof(Elf64_Nhdr) + 8,
		.p_memsz = sizeof(Elf64_Nhdr) + 8,
		.p_align = 4};
	memcpy(g.code, guest_code, sizeof(guest_code));
	return g;
}

static bool boot_guest(struct arena *a, const char *file, const char *accelerator, int deadline_ms,
	bool *works, struct err *e)
{
	const char *const argv[] = {"qemu-system-x86_64", "-M", "microvm,acpi=off", "-accel",
		accelerator, "-cpu", "max", "-m", "8", "-nodefaults", "-no-user-config", "-display",
		"none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel",
		file, NULL};
	const struct command qemu = {.argv = argv, .timeout_ms = deadline_ms};
	struct outcome outcome;
	if (!command_run(a, &qemu, &outcome, e))
		return false;
	*works = outcome.exit_code == GUEST_STATUS && !outcome.timed_out;
	return true;
}

bool accel_probe(const char *accelerator, int deadline_ms, bool *works, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct guest g = make_guest();
	const char *dir;
	if (!dir_make_temp(&scratch, "/tmp/respin-probe-", &dir, e))
		return false;
	const char *file = path_join(&scratch, dir, "guest");
	struct str bytes = {(const char *)&g, sizeof(g)};
	struct err ignored;
	bool ran = file_write_cache(file, bytes, 0600, e) &&
		   boot_guest(&scratch, file, accelerator, deadline_ms, works, e);
	return tree_remove(dir, ran ? e : &ignored) && ran;
}

/* What an answer holds for: one boot of the host, one QEMU. */
static bool circumstances(struct arena *a, const char **out, struct err *e)
{
	struct str boot;
	struct stamp qemu = {0};
	const char *program = program_find(a, "qemu-system-x86_64");
	if (!file_read(a, "/proc/sys/kernel/random/boot_id", ANSWER_LIMIT, &boot, e))
		return false;
	if (program)
		(void)file_stamp(program, &qemu);
	*out = str_format(a, "%.*s %jd %ju", STR(str_trim(boot)), (intmax_t)qemu.mtime_ns,
		(uintmax_t)qemu.size);
	return true;
}

static bool kvm_is_real(struct arena *a, const char *state, bool *out, struct err *e)
{
	struct str known;
	struct err ignored;
	const char *file = path_join(a, state, "kvm"), *now;
	*out = false;
	if (access("/dev/kvm", R_OK | W_OK) < 0)
		return true;
	if (!circumstances(a, &now, e))
		return false;
	const char *real = str_format(a, "real: %s\n", now),
		   *fake = str_format(a, "fake: %s\n", now);
	if (file_read(a, file, ANSWER_LIMIT, &known, &ignored)) {
		*out = str_is(known, real);
		if (*out || str_is(known, fake))
			return true;
	}
	if (!accel_probe("kvm", DEADLINE_MS, out, e))
		return false;
	if (!*out)
		term_note("/dev/kvm is there, but no real KVM: a guest that takes 10 ms did not "
			  "come to its end within %d ms; machines run under TCG",
			DEADLINE_MS);
	return dir_make(state, e) && file_write_cache(file, str_of(*out ? real : fake), 0644, e);
}

bool accel_choose(struct arena *a, const char *state, const char **out, struct err *e)
{
	const char *wish = getenv("RESPIN_ACCEL");
	bool real = false;
	if (!wish || !*wish) {
		if (!kvm_is_real(a, state, &real, e))
			return false;
		*out = real ? "kvm" : "tcg";
		return true;
	}
	if (strcmp(wish, "tcg") && strcmp(wish, "kvm"))
		return fail(e, E_USAGE, "RESPIN_ACCEL is '%s': expected tcg or kvm", wish);
	*out = wish;
	return true;
}
