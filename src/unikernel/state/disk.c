/* disk.c - stores on the machine's disk. SPDX-License-Identifier: ISC */
#include "state.h"
#include "parts.h"
#include "disklog_disk.h"
#include "keep.h"
#include "platform.h"
#include "store.h"
#include <string.h>

/* How long a change may be in memory alone, where nobody asked for it to be durable. */
#define PATIENCE_NS 100000000ull
/* Of the log's work, for one answer. */
#define STEPS_MAX 65536
#define STEPS_A_FLUSH 64
/* Of an object and of an entry in the log, beyond their own bytes. */
#define OBJECT_OVERHEAD 64
#define OBJECT_BYTES 128 /* on average */
#define ENTRY_BYTES 512	 /* its blob, and its line in a tree */

static struct disklog *disk; /* NULL: there is none */
static struct keep *keeper;
static uint64_t secret[2];
static uint64_t flushed_ns;
static uint64_t prompt_changes; /* of all prompt stores, when last looked at */
static bool failed;

/* Objects of the present state and of the history that may be in all stores. */
static size_t objects_max(void)
{
	size_t n = 0;
	for (size_t i = 0; i < store_count(); i++)
		n += 2 * store_at(i)->entries + store_at(i)->history_bytes / OBJECT_BYTES;
	return n;
}

static uint64_t snapshot_max(void)
{
	uint64_t n = objects_max() * OBJECT_OVERHEAD;
	for (size_t i = 0; i < store_count(); i++) {
		const struct store *s = store_at(i);
		n += 2 * s->history_bytes +
		     s->entries * (ENTRY_BYTES + s->kind->key_size + s->kind->value_size);
	}
	return n;
}

static bool wants_format(void)
{
	const char *text = option_get("state.disk");
	if (text && strcmp(text, "format") != 0)
		refuse("state.disk=%s: expected format", text);
	return text != NULL;
}

static void open_log(const struct disk_info *info)
{
	const struct disklog_device device = disklog_disk(info);
	struct disklog_options options = {.overwrite = wants_format(), .snapshot = snapshot_max()};
	random_bytes(options.id, sizeof(options.id));
	if (info->read_only)
		refuse("the disk is read-only: state can't be kept on it");
	enum disklog_verdict verdict =
		disklog_open(memory_take(disklog_memory()), &device, &options, &disk);
	if (verdict == DISKLOG_TOO_SMALL)
		refuse("the disk is too small for the stores: it has %lu MiB, they need %lu",
			info->sectors >> 11, (disklog_size(options.snapshot) >> 20) + 1);
	if (verdict == DISKLOG_FOREIGN)
		refuse("the disk holds something else: give a blank one, or state.disk=format");
	if (verdict != DISKLOG_OPENED && verdict != DISKLOG_FORMATTED)
		panic("the disk can't be used: %s", disklog_verdict_text(verdict));
}

static void report(size_t i)
{
	const struct store *s = store_at(i);
	const char *why = NULL;
	unsigned n = (unsigned)table_count(s->table);
	switch (keep_result(keeper, i, &why)) {
	case KEEP_NEW:
		break;
	case KEEP_RESTORED:
		console_printf("respin: %s: %u entries from the disk\n", s->kind->name, n);
		break;
	case KEEP_CUT:
		console_printf("respin: %s: %u entries from the disk, older history is lost: %s\n",
			s->kind->name, n, why);
		break;
	case KEEP_LOST:
		console_printf("respin: %s: its history on the disk is lost: %s; %u entries\n",
			s->kind->name, why, n);
	}
}

void state_restore(void)
{
	struct disk_info info;
	struct keep_store kept[KEEP_STORES];
	if (!disk_open(&info))
		return;
	machine_store();
	size_t count = store_count();
	if (count > KEEP_STORES)
		panic("a disk keeps at most %d stores", KEEP_STORES);
	open_log(&info);
	for (size_t i = 0; i < count; i++) {
		const struct store *s = store_at(i);
		kept[i] = (struct keep_store){
			s->kind->name, s->table, s->kind, s->entries, s->values};
	}
	random_bytes(secret, sizeof(secret));
	const struct keep_options options = {.objects = objects_max(), .secret = secret};
	keeper = keep_open(
		memory_take(keep_memory(kept, count, &options)), disk, kept, count, &options);
	if (!keep_restore(keeper))
		panic("the disk can't be read");
	machine_restored();
	for (size_t i = 0; i < count; i++)
		if (!store_at(i)->secret)
			report(i);
}

/* Says so when the disk stops going along, and when it goes on. */
static void watch_state(void)
{
	enum disklog_state now = disklog_state(disk);
	bool bad = now == DISKLOG_FULL || now == DISKLOG_FAILED;
	if (bad != failed)
		console_printf("respin: %s\n",
			!bad		      ? "the disk goes on"
			: now == DISKLOG_FULL ? "the disk is full: state is kept in memory alone"
					      : "the disk fails: state is kept in memory alone");
	failed = bad;
}

bool state_has_disk(void)
{
	return disk != NULL;
}

/* Did a store change whose changes others rely on as soon as they can see them? */
static bool changed_promptly(void)
{
	uint64_t changes = 0;
	for (size_t i = 0; i < store_count(); i++)
		if (store_at(i)->prompt)
			changes += table_stats(store_at(i)->table).changes;
	bool changed = changes != prompt_changes;
	prompt_changes = changes;
	return changed;
}

void keep_before_send(void)
{
	if (disk && changed_promptly())
		state_flush();
}

bool state_flush(void)
{
	if (!disk)
		return false;
	uint64_t number = keep_turn(keeper);
	bool ok = disklog_durable(disk) >= number || disklog_flush(disk);
	flushed_ns = clock_ns();
	watch_state();
	return ok && disklog_durable(disk) >= number;
}

bool keep_commits_now(void)
{
	if (!disk)
		return false;
	bool more = true;
	for (unsigned n = 1; more && keep_is_behind(keeper) && n < STEPS_MAX; n++) {
		more = keep_work(keeper);
		if (n % STEPS_A_FLUSH == 0)
			more = state_flush() && more;
	}
	return state_flush() && !keep_is_behind(keeper);
}

bool keep_on_disk(void)
{
	if (!disk)
		return false;
	bool more = keep_work(keeper);
	if (clock_ns() - flushed_ns >= PATIENCE_NS)
		state_flush();
	return more;
}
