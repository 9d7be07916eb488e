#include "unread.h"

#include <stdio.h>

static void add(uint64_t *count, uint64_t *first, uint64_t packet)
{
    if (!(*count)++)
        *first = packet;
}

bool unread_or_packet(struct unread *unread, const struct frame *frame, struct packet *packet,
                      const uint8_t **ip)
{
    switch (link_read(frame->link, bytes_of(frame->data, frame->captured), frame->original, packet,
                      ip)) {
    case LINK_IP:
        packet->time = frame->time;
        packet->number = frame->number;
        packet->offset = frame->offset;
        return true;
    case LINK_OTHER:
        break;
    case LINK_CUT:
        add(&unread->cut, &unread->first_cut, frame->number);
        break;
    case LINK_BROKEN:
        add(&unread->broken, &unread->first_broken, frame->number);
        break;
    case LINK_UNKNOWN:
        add(&unread->unknown, &unread->first_unknown, frame->number);
        unread->link = frame->link;
        break;
    }
    return false;
}

static void note(struct account *account, uint64_t count, uint64_t first, const char *what)
{
    account->is_incomplete = true;
    account_note(account, "%llu packet%s %s (first: packet %llu)", (unsigned long long)count,
                 count == 1 ? "" : "s", what, (unsigned long long)first);
}

void unread_tell(const struct unread *unread, struct account *account)
{
    if (unread->cut)
        note(account, unread->cut, unread->first_cut, "cut by the capture within its headers");
    if (unread->broken)
        note(account, unread->broken, unread->first_broken, "with headers that cannot be");
    account->damaged += unread->broken;
    if (!unread->unknown)
        return;
    char what[64];
    snprintf(what, sizeof(what), "of a link layer that is not read, type %u", unread->link);
    note(account, unread->unknown, unread->first_unknown, what);
}
