/* lists.c - doubly linked rings. SPDX-License-Identifier: ISC */
#include "parts.h"

void nat_link_open(struct link *head)
{
	head->next = head->prev = head;
}

void nat_link_add(struct link *head, struct link *l)
{
	l->next = head;
	l->prev = head->prev;
	l->prev->next = l;
	head->prev = l;
}

void nat_link_remove(struct link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
}

void nat_link_move(struct link *to, struct link *from)
{
	if (from->next == from)
		return;
	from->next->prev = to->prev;
	to->prev->next = from->next;
	from->prev->next = to;
	to->prev = from->prev;
	nat_link_open(from);
}
