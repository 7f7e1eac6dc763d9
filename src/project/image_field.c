/* image_field.c - what a made recipe says of its image: the machine, and checks that hold for any
 * image on it. SPDX-License-Identifier: ISC */
#include "project/reading.h"

static void put_check(struct json_writer *w, const char *type, const char *name)
{
	json_open(w, NULL, '{');
	json_put_string(w, "name", name);
	json_put_string(w, "type", type);
	json_close(w);
}

static void put_image(struct json_writer *w, const char *machine, const char *words, size_t cards)
{
	json_open(w, "image", '{');
	json_put_string(w, "machine", machine);
	json_open(w, "boot", '{');
	if (*words)
		json_put_string(w, "command_line", words);
	json_close(w);
	if (cards > 1) {
		json_open(w, "networks", '[');
		for (size_t i = 0; i < cards; i++) {
			json_open(w, NULL, '{');
			json_close(w);
		}
		json_close(w);
	}
	json_open(w, "checks", '[');
	put_check(w, "boot", "boots");
	if (cards) {
		put_check(w, "arp", "answers ARP");
		put_check(w, "ping", "answers pings");
	}
	json_close(w);
	json_close(w);
}

const char *image_field_text(struct arena *a, const char *machine, const char *words, size_t cards)
{
	struct text t = {.a = a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "name", "made");
	json_put_string(&w, "version", "0");
	json_put_string(&w, "license", "ISC");
	put_image(&w, machine, words, cards);
	json_close(&w);
	return t.p;
}

bool image_field(struct arena *a, const char *text, struct image_how **out, struct err *e)
{
	struct recipe whole = {0};
	if (!spec_read(a, &recipe_spec, str_of(text), "a made recipe", &whole, e))
		return false;
	*out = whole.image;
	return true;
}
