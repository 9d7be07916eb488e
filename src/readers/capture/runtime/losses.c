#include "runtime.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

static size_t place_of(enum loss_kind kind, const char *protocol, const char *reason)
{
    const uint64_t mixed = ((uint64_t)(uintptr_t)protocol * UINT64_C(0x9E3779B97F4A7C15)) ^
                           ((uint64_t)(uintptr_t)reason * UINT64_C(0xC2B2AE3D27D4EB4F)) ^
                           ((uint64_t)kind << 60);
    return (size_t)(mixed >> 40) % LOSSES_MAX;
}

void losses_add(struct losses *losses, enum loss_kind kind, const char *protocol,
                const char *reason, uint64_t bytes, uint64_t packet)
{
    size_t place = place_of(kind, protocol, reason);
    struct loss *row;
    while ((row = &losses->rows[place])->count &&
           (row->kind != kind || row->protocol != protocol || row->reason != reason)) {
        if (losses->used == LOSSES_MAX - 1)
            break;
        place = (place + 1) % LOSSES_MAX;
    }
    if (!row->count) {
        *row = (struct loss){.kind = kind, .protocol = protocol, .reason = reason, .first = packet};
        losses->used++;
    }
    row->count++;
    row->bytes += bytes;
}

static bool is_same(const struct loss *one, const struct loss *other)
{
    return one->kind == other->kind && strcmp(one->protocol, other->protocol) == 0 &&
           strcmp(one->reason, other->reason) == 0;
}

static size_t merge(struct loss *rows, size_t count, const struct losses *losses)
{
    for (size_t i = 0; i < LOSSES_MAX; i++) {
        const struct loss *more = &losses->rows[i];
        size_t at = 0;
        if (!more->count)
            continue;
        while (at < count && !is_same(&rows[at], more))
            at++;
        if (at == count) {
            if (count == LOSSES_MAX)
                continue;
            rows[count++] = *more;
            continue;
        }
        rows[at].count += more->count;
        rows[at].bytes += more->bytes;
        if (more->first < rows[at].first)
            rows[at].first = more->first;
    }
    return count;
}

static int by_packet(const void *one, const void *other)
{
    const struct loss *a = one, *b = other;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    const int order = strcmp(a->protocol, b->protocol);
    return order ? order : strcmp(a->reason, b->reason);
}

static void size_write(char to[32], uint64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double size = (double)bytes;
    size_t unit = 0;
    while (size >= 1000 && unit + 1 < COUNT_OF(units)) {
        size /= 1000;
        unit++;
    }
    snprintf(to, 32, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static void tell(const struct loss *row, struct account *account)
{
    const unsigned long long count = row->count, first = row->first;
    const char *s = row->count == 1 ? "" : "s";
    char size[32];
    size_write(size, row->bytes);
    switch (row->kind) {
    case LOSS_DAMAGED:
        account->damaged += row->count;
        account->is_incomplete = true;
        account_note(account, "%s: %llu message%s damaged: %s (first in packet %llu)",
                     row->protocol, count, s, row->reason, first);
        return;
    case LOSS_UNSEEN:
        account_note(account, "%s encrypted and unseen (%s)", size, row->protocol);
        return;
    case LOSS_GAP:
        account->missing += row->count;
        account->is_incomplete = true;
        account_note(account, "%s: %s lost in %llu gap%s: %s (first before packet %llu)",
                     row->protocol, size, count, s, row->reason, first);
        return;
    case LOSS_CUT:
        account->is_incomplete = true;
        account_note(account,
                     "%s: %llu packet%s cut by the capture, %s missing (first in packet %llu)",
                     row->protocol, count, s, size, first);
        return;
    case LOSS_UNKNOWN:
        account_note(account,
                     "%s: %llu connection%s of no known protocol, %s (first in packet %llu)",
                     row->protocol, count, s, size, first);
        return;
    case LOSS_OTHER:
    case LOSS_NONE:
        account->is_incomplete |= row->kind == LOSS_OTHER;
        account_note(account, "%s: %s: %llu (first in packet %llu)", row->protocol, row->reason,
                     count, first);
        return;
    }
}

void losses_tell(const struct losses *const *losses, size_t count, struct account *account)
{
    struct loss *rows = calloc(LOSSES_MAX, sizeof(*rows));
    if (!rows) {
        account->is_incomplete = true;
        account_note(account, "no memory for the account of protocols");
        return;
    }
    size_t merged = 0;
    for (size_t i = 0; i < count; i++)
        merged = merge(rows, merged, losses[i]);
    qsort(rows, merged, sizeof(*rows), by_packet);
    for (size_t i = 0; i < merged; i++)
        tell(&rows[i], account);
    free(rows);
}

void wire_damaged(struct wire_session *session, enum wire_side side, const char *reason)
{
    const struct wire_connection *connection = session->connection;
    losses_add(connection->lane->losses, LOSS_DAMAGED, session->protocol->name, reason, 0,
               connection->now[side].packet);
}

void wire_note(struct wire_session *session, enum wire_side side, const char *reason)
{
    const struct wire_connection *connection = session->connection;
    losses_add(connection->lane->losses, LOSS_NONE, session->protocol->name, reason, 0,
               connection->now[side].packet);
}

void wire_unseen(struct wire_session *session, uint64_t length)
{
    const struct wire_connection *connection = session->connection;
    losses_add(connection->lane->losses, LOSS_UNSEEN, session->protocol->name, "", length,
               connection->first.packet);
}
