#include "secrets/secrets_parts.h"

#include "crypt/crypt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_FIRST 4096U

struct secrets *secrets_new(void)
{
    return calloc(1, sizeof(struct secrets));
}

static void file_free(struct secret_file *file)
{
    tls_keylog_free(file->keylog);
    crypt_wipe(file->data, file->length);
    free(file->data);
    free(file);
}

static void table_free(void *table, size_t size)
{
    crypt_wipe(table, size);
    free(table);
}

void secrets_free(struct secrets *secrets)
{
    if (!secrets)
        return;
    while (secrets->files) {
        struct secret_file *file = secrets->files;
        secrets->files = file->next;
        file_free(file);
    }
    table_free(secrets->accounts, secrets->account_room * sizeof(*secrets->accounts));
    table_free(secrets->keys, secrets->key_room * sizeof(*secrets->keys));
    free(secrets);
}

/* A larger table with the same rows. */
static void *table_grow(void *table, size_t *room, size_t size)
{
    const size_t more = *room ? *room * 2 : 16;
    uint8_t *larger = calloc(more, size);
    if (!larger)
        return NULL;
    if (*room)
        memcpy(larger, table, *room * size);
    table_free(table, *room * size);
    *room = more;
    return larger;
}

struct secret_account *secrets_account_add(struct secrets *secrets)
{
    if (secrets->account_count == secrets->account_room) {
        struct secret_account *larger =
            table_grow(secrets->accounts, &secrets->account_room, sizeof(*larger));
        if (!larger)
            return NULL;
        secrets->accounts = larger;
    }
    return &secrets->accounts[secrets->account_count++];
}

struct secret_key *secrets_key_add(struct secrets *secrets)
{
    if (secrets->key_count == secrets->key_room) {
        struct secret_key *larger = table_grow(secrets->keys, &secrets->key_room, sizeof(*larger));
        if (!larger)
            return NULL;
        secrets->keys = larger;
    }
    return &secrets->keys[secrets->key_count++];
}

size_t secrets_account_count(const struct secrets *secrets)
{
    return secrets->account_count;
}

const struct secret_account *secrets_account(const struct secrets *secrets, size_t index)
{
    return &secrets->accounts[index];
}

size_t secrets_key_count(const struct secrets *secrets)
{
    return secrets->key_count;
}

const struct secret_key *secrets_key(const struct secrets *secrets, size_t index)
{
    return &secrets->keys[index];
}

struct bytes secrets_tls(const struct secrets *secrets, enum tls_label label,
                         const uint8_t random[32])
{
    struct bytes found = {0};
    for (const struct secret_file *file = secrets->files; file && !found.data; file = file->next)
        if (file->keylog)
            found = tls_keylog_find(file->keylog, label, random);
    return found;
}

/* --- Files --- */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool secrets_unhex(uint8_t *to, const uint8_t *digits, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        const int high = digit_of(digits[2 * i]), low = digit_of(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* Reads without stdio's buffer, which nobody would wipe, and to the end, so that a pipe will do.
 * What was read is the file's in any case. */
static bool file_read(const char *path, struct secret_file *file)
{
    FILE *stream = fopen(path, "rbe");
    if (!stream)
        return false;
    setvbuf(stream, NULL, _IONBF, 0);
    size_t room = 0;
    while (!feof(stream) && !ferror(stream)) {
        if (file->length == room) {
            const size_t more = room ? 2 * room : FILE_FIRST;
            uint8_t *larger = more > SECRETS_FILE_MAX ? NULL : calloc(1, more);
            if (!larger) {
                errno = EFBIG;
                break;
            }
            if (room)
                memcpy(larger, file->data, room);
            table_free(file->data, room);
            file->data = larger;
            room = more;
        }
        file->length += fread(file->data + file->length, 1, room - file->length, stream);
    }
    const int error = errno;
    const bool is_whole = feof(stream) && !ferror(stream);
    (void)fclose(stream);
    errno = error;
    return is_whole;
}

enum kind { PASSWORDS, KEYTAB, KEYLOG };

static enum status file_parse(struct secrets *secrets, struct secret_file *file, enum kind kind,
                              struct fault *fault)
{
    if (kind == PASSWORDS)
        return passwords_parse(secrets, file->data, file->length, fault);
    if (kind == KEYTAB)
        return keytab_parse(secrets, file->data, file->length, fault);
    file->keylog = tls_keylog_parse(file->data, file->length, fault);
    file->data = NULL;
    return file->keylog ? STATUS_OK : STATUS_INVALID;
}

static enum status file_add(struct secrets *secrets, const char *path, enum kind kind,
                            struct fault *fault)
{
    struct fault inner = {0};
    struct secret_file *file = calloc(1, sizeof(*file));
    if (!file)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    file->next = secrets->files;
    secrets->files = file;
    if (!file_read(path, file))
        return fault_set(fault, STATUS_INVALID, 0, "%s: %s", path, strerror(errno));
    const enum status status = file_parse(secrets, file, kind, &inner);
    if (status == STATUS_OK)
        return STATUS_OK;
    return fault_set(fault, status, inner.offset, "%s:%llu: %s", path,
                     (unsigned long long)inner.offset, inner.reason);
}

enum status secrets_add_passwords(struct secrets *secrets, const char *path, struct fault *fault)
{
    return file_add(secrets, path, PASSWORDS, fault);
}

enum status secrets_add_keytab(struct secrets *secrets, const char *path, struct fault *fault)
{
    return file_add(secrets, path, KEYTAB, fault);
}

enum status secrets_add_keylog(struct secrets *secrets, const char *path, struct fault *fault)
{
    return file_add(secrets, path, KEYLOG, fault);
}
