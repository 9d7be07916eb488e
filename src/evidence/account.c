#include "evidence/account.h"

#include <stdarg.h>
#include <stdio.h>

#define NOTE_BOUND 1024

void account_init(struct account *account)
{
    *account = (struct account){
        .first = {.seconds = INSTANT_NONE},
        .last = {.seconds = INSTANT_NONE},
    };
}

void account_release(struct account *account)
{
    buffer_release(&account->notes);
    account_init(account);
}

/* `note` with its NUL. */
static void append(struct account *account, struct bytes note)
{
    if (account->note_count == ACCOUNT_NOTES_MAX || !buffer_room(&account->notes, note.length)) {
        account->notes_left_out++;
        return;
    }
    buffer_bytes(&account->notes, note.data, note.length);
    account->note_count++;
}

void account_note(struct account *account, const char *format, ...)
{
    char note[NOTE_BOUND];
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(note, sizeof(note), format, arguments);
    va_end(arguments);
    if (length >= 0)
        append(account, bytes_of(note, strlen(note) + 1));
}

void account_time(struct account *account, struct instant time)
{
    instant_widen(&account->first, &account->last, time);
}

void account_join(struct account *account, const struct account *more)
{
    account->read += more->read;
    account->carved += more->carved;
    account->damaged += more->damaged;
    account->missing += more->missing;
    account_time(account, more->first);
    account_time(account, more->last);
    account->is_incomplete |= more->is_incomplete;
    const char *note = (const char *)more->notes.data;
    for (uint32_t i = 0; i < more->note_count; i++) {
        const struct bytes whole = bytes_of(note, strlen(note) + 1);
        append(account, whole);
        note += whole.length;
    }
    account->notes_left_out += more->notes_left_out;
    if (account->first_record == 0)
        account->first_record = more->first_record;
    if (more->last_record != 0)
        account->last_record = more->last_record;
}

const char *account_note_at(const struct account *account, uint32_t index)
{
    if (index >= account->note_count)
        return NULL;
    const char *note = (const char *)account->notes.data;
    while (index-- > 0)
        note += strlen(note) + 1;
    return note;
}
