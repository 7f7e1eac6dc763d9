/* test_lab_words.c - texts that the lab reads: command lines of machines, the kernel's tables of
 * sockets, lines for reports. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "lab/arguments.h"
#include "lab/sockets.h"
#include "lab/words.h"

static struct arena arena;

static networks two_networks(void)
{
	struct err e = {0};
	networks nets = {0};
	const char *member;
	static struct network_how list[2] = {
		{.mtu = 1500}, {.mtu = 1500, .address = "192.168.1.9/30"}};
	struct image_how how = {.machines = 1, .wire = {.mtu = 1500}};
	how.networks.v = list;
	how.networks.n = 2;
	assert_ok(networks_parse(&arena, &how, &nets, &member, &e));
	return nets;
}

/* The words of TEXT, each in brackets; or the error. */
static const char *split_of(const char *text, enum card_kind cards)
{
	struct err e = {0};
	strings words = {0};
	networks nets = two_networks();
	struct text out = {.a = &arena};
	if (!arguments_split(&arena, text, &nets, 1, cards, &words, &e)) {
		assert_int_equal(e.code, E_INPUT);
		return str_format(&arena, "error: %s", e.text);
	}
	vec_for(word, &words)
		text_addf(&out, "[%s]", *word);
	return out.p ? out.p : "";
}

static void words_are_split_as_a_shell_does(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"", ""},
		{" \t\n", ""},
		{"a  b\tc\n", "[a][b][c]"},
		{"'a b'c\"d e\" ''", "[a bc"
				     "d e][]"},
		{"\"\" x", "[][x]"},
		{"a\\ b \\\\ \\' \\$HOST", "[a b][\\]['][$HOST]"},
		{"'\\ $HOST \"' \"\\a \\\" \\\\ '\"", "[\\ $HOST \"][\\a \" \\ ']"},
		{"*.c ~ `date` $(date)", "[*.c][~][`date`][$(date)]"},
		{"--ipv4=$ADDRESS/$PREFIX", "[--ipv4=10.77.0.2/24]"},
		{"\"$HOST\"'$HOST'$HOST", "[10.77.0.1$HOST10.77.0.1]"},
		{"${ADDRESS1}x/$PREFIX1 $HOST1", "[192.168.1.9x/30][192.168.1.10]"},
		{"$ $- a$", "[$][$-][a$]"},
		{"$TAP ${TAP1}", "[tap0][tap1]"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(split_of(cases[i][0], CARD_TAP), cases[i][1]);
	assert_string_equal(split_of(NULL, CARD_TAP), "");
}

static void what_makes_no_words_is_an_error(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"'a", "error: a quote (') has no end"},
		{"a \"b $HOST", "error: a quote (\") has no end"},
		{"a\\", "error: nothing follows the backslash at the end"},
		{"$FROG", "error: $FROG stands for nothing here"},
		{"$ADDRESS2", "error: $ADDRESS2 stands for nothing here"},
		{"$ADDRESS18446744073709551616",
			"error: $ADDRESS18446744073709551616 stands for nothing here"},
		{"$ADDRESSES", "error: $ADDRESSES stands for nothing here"},
		{"\"$frog\"", "error: $frog stands for nothing here"},
		{"${HOST", "error: $HOST stands for nothing here"},
		{"${}", "error: $ stands for nothing here"},
		{"$1", "error: $1 stands for nothing here"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(split_of(cases[i][0], CARD_TAP), cases[i][1]);
	assert_string_equal(split_of("$TAP", CARD_KERNEL), "error: $TAP stands for nothing here");
}

static void words_are_joined_for_solo5(void **state)
{
	(void)state;
	strings words = {0};
	assert_string_equal(arguments_join(&arena, &words), "");
	static const char *const list[] = {"--a=1", "b\\ c", "\"d e\""};
	for (size_t i = 0; i < 3; i++)
		vec_push(&arena, &words, list[i]);
	assert_string_equal(arguments_join(&arena, &words), "--a=1 b\\ c \"d e\"");
}

static void ports_that_listen_are_found(void **state)
{
	(void)state;
#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue\n"
	assert_int_equal(
		sockets_port(S(HEAD "   0: 00000000:0050 00000000:0000 0A 0:0 00:0\n"), true), 80);
	assert_int_equal(
		sockets_port(S(HEAD "   0: 00000000:0050 00000000:0000 01 0:0 00:0\n"), true), 0);
	assert_int_equal(sockets_port(S(HEAD "   0: 0100007F:1F90 0100007F:0001 01 0\n"
					     "   1: 00000000000000000000000000000000:ABCD "
					     "00000000000000000000000000000000:0000 0A 0\n"),
				 true),
		0xabcd);
	assert_int_equal(
		sockets_port(S(HEAD "  12: 00000000:0035 00000000:0000 07 0\n"), false), 53);
	assert_int_equal(sockets_port(S(HEAD "  12: 00000000:0035 00000000:0000 07 0\n"), true), 0);
	assert_int_equal(sockets_port(S(HEAD), true), 0);
	assert_int_equal(sockets_port(S(HEAD "   0: 00:zz 0 0A"), true), 0);
	assert_int_equal(sockets_port(S(""), true), 0);
}

static void lines_are_fit_for_a_report(void **state)
{
	(void)state;
	assert_string_equal(
		one_line(&arena, S(" \33[1;31mred\33[0m and\tplain\r\n"), 80), "red and plain");
	assert_string_equal(one_line(&arena, S("\33[1mabcdef"), 3), "abc...");
	assert_string_equal(one_line(&arena, S("cut \33["), 80), "cut");
	assert_string_equal(one_line(&arena, S("a\33(0b"), 80), "a (0b");
	assert_string_equal(last_line(&arena, S("one\n\33[2Ktwo\n\n"), 80), "two");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(words_are_split_as_a_shell_does),
	cmocka_unit_test(what_makes_no_words_is_an_error),
	cmocka_unit_test(words_are_joined_for_solo5),
	cmocka_unit_test(ports_that_listen_are_found),
	cmocka_unit_test(lines_are_fit_for_a_report),
};

static int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_words", tests, NULL, teardown);
}
