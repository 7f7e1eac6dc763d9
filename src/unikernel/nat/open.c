/* open.c - making a NAT, its clock's work, its counters. SPDX-License-Identifier: ISC */
#include "parts.h"

#define ALIGN 16
#define MTU_MIN 68

uint64_t nat_random(struct nat *nat)
{
	uint64_t count = nat->random++;
	return siphash(nat->config.secret, &count, sizeof(count));
}

struct nat_config nat_config_default(void)
{
	return (struct nat_config){
		.networks = {{.mtu = 1500}, {.mtu = 1500}},
		.tcp_established = 7440,
		.tcp_transitory = 240,
		.udp = 300,
		.icmp = 60,
		/* Above are the ports that the gateway's own connections begin from. */
		.port_first = 1024,
		.port_last = 49151,
		.mappings = 16384,
		.sessions = 32768,
		.commits = 16,
	};
}

static size_t align(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static size_t inside_memory(const struct nat_config *c)
{
	return align(hash_memory(c->mappings, 8, sizeof(struct mapping)));
}

static size_t sessions_memory(const struct nat_config *c)
{
	return align(hash_memory(c->sessions, sizeof(struct session_key), sizeof(struct session)));
}

static size_t plain_memory(const struct nat_config *c)
{
	return align(hash_memory(c->mappings, sizeof(struct nat_key), sizeof(struct nat_value)));
}

size_t nat_memory(const struct nat_config *config)
{
	return align(sizeof(struct nat)) + inside_memory(config) + sessions_memory(config) +
	       plain_memory(config);
}

static bool is_sensible(const struct nat_config *c)
{
	uint32_t in = c->networks[NAT_INSIDE].address, out = c->networks[NAT_OUTSIDE].address;
	return c->tcp_established && c->tcp_transitory && c->udp && c->icmp &&
	       c->port_first >= 1024 && c->port_last >= c->port_first && c->mappings &&
	       c->sessions && c->secret && c->networks[NAT_INSIDE].mtu >= MTU_MIN &&
	       c->networks[NAT_OUTSIDE].mtu >= MTU_MIN && (!in || in != out);
}

struct nat *nat_open(
	void *memory, const struct nat_config *config, struct table *table, uint64_t now)
{
	if (!is_sensible(config))
		return NULL;
	struct nat *nat = memory;
	uint8_t *at = (uint8_t *)memory + align(sizeof(*nat));
	nat->config = *config;
	nat->table = table;
	nat->now = now;
	nat->second = now / SECOND;
	nat->inside = hash_open(at, config->mappings, 8, sizeof(struct mapping), config->secret);
	at += inside_memory(config);
	nat->sessions = hash_open(at, config->sessions, sizeof(struct session_key),
		sizeof(struct session), config->secret);
	at += sessions_memory(config);
	if (!table)
		nat->plain = hash_open(at, config->mappings, sizeof(struct nat_key),
			sizeof(struct nat_value), config->secret);
	nat_link_open(&nat->marked);
	nat_link_open(&nat->writing);
	nat_timers_open(nat);
	if (table) {
		nat_store_begin(nat);
		nat_rescan(nat, now);
	}
	return nat;
}

bool nat_work(struct nat *nat, uint64_t now)
{
	nat->now = now > nat->now ? now : nat->now;
	nat_store_tick(nat);
	bool timers = nat_timers_run(nat);
	return nat_mappings_write(nat) || timers;
}

struct nat_stats nat_stats(const struct nat *nat)
{
	struct nat_stats s = nat->stats;
	s.sessions = hash_count(nat->sessions);
	s.mappings = hash_count(nat->inside) - s.forwards;
	return s;
}

const char *nat_reason_name(enum nat_reason reason)
{
	static const char *const names[NAT_REASONS] = {"none", "malformed", "spoofed", "martian",
		"not ours", "no mapping", "filtered", "protocol", "fragment", "TTL", "too big",
		"no route", "no port", "table full", "sessions full", "no session", "unreachable"};
	return reason < NAT_REASONS ? names[reason] : "?";
}
