/* Key logs (draft-ietf-tls-keylogfile): a line is a label, the client's random and a secret in hex.
 * They are turned into bytes where they stand. */
#include "secrets/secrets_parts.h"

#include "crypt/crypt.h"

#include <stdlib.h>

#define RANDOM_LENGTH 32U
#define SECRET_MAX    64U

struct row {
    const uint8_t *random;
    struct bytes secret;
    enum tls_label label;
};

struct tls_keylog {
    uint8_t *text;
    size_t length;
    struct row *rows;
    size_t count, room;
};

static const struct {
    const char *name;
    enum tls_label label;
} labels[] = {
    {"CLIENT_RANDOM", TLS_MASTER},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", TLS_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", TLS_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", TLS_CLIENT_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", TLS_SERVER_TRAFFIC},
};

void tls_keylog_free(struct tls_keylog *log)
{
    if (!log)
        return;
    crypt_wipe(log->text, log->length);
    free(log->text);
    free(log->rows);
    free(log);
}

static struct row *row_add(struct tls_keylog *log)
{
    if (log->count == log->room) {
        const size_t room = log->room ? log->room * 2 : 64;
        struct row *rows = realloc(log->rows, room * sizeof(*rows));
        if (!rows)
            return NULL;
        log->rows = rows;
        log->room = room;
    }
    return &log->rows[log->count++];
}

/* Takes a word up to the next blank, and the blank. */
static struct bytes word_take(uint8_t **at, const uint8_t *end)
{
    uint8_t *start = *at;
    while (*at < end && **at != ' ')
        ++*at;
    const struct bytes word = bytes_of(start, (size_t)(*at - start));
    if (*at < end)
        ++*at;
    return word;
}

/* What is wrong with a line, or NULL. Lines with other labels say nothing. */
static const char *line_read(struct tls_keylog *log, uint8_t *at, const uint8_t *end)
{
    const struct bytes name = word_take(&at, end);
    uint8_t *random = at;
    const struct bytes random_digits = word_take(&at, end);
    uint8_t *secret = at;
    const struct bytes digits = word_take(&at, end);
    if (!name.length || !digits.length)
        return "it is not a label, a random and a secret";
    size_t kind = 0;
    while (kind < sizeof(labels) / sizeof(labels[0]) &&
           !bytes_equal(name, bytes_of_text(labels[kind].name)))
        kind++;
    if (kind == sizeof(labels) / sizeof(labels[0]))
        return NULL;
    if (random_digits.length != (size_t)2 * RANDOM_LENGTH ||
        !secrets_unhex(random, random_digits.data, RANDOM_LENGTH))
        return "the client's random is not 64 hex digits";
    if (digits.length % 2 || digits.length > (size_t)2 * SECRET_MAX ||
        !secrets_unhex(secret, digits.data, digits.length / 2))
        return "the secret is no even number of up to 128 hex digits";
    struct row *row = row_add(log);
    if (!row)
        return "no memory";
    *row = (struct row){random, bytes_of(secret, digits.length / 2), labels[kind].label};
    return NULL;
}

static int compare(const void *one, const void *other)
{
    const struct row *a = one, *b = other;
    const int order = memcmp(a->random, b->random, RANDOM_LENGTH);
    return order ? order : (a->label > b->label) - (a->label < b->label);
}

static enum status lines_read(struct tls_keylog *log, struct fault *fault)
{
    uint64_t number = 0;
    for (size_t at = 0; at < log->length;) {
        uint8_t *line = log->text + at;
        const uint8_t *found = memchr(line, '\n', log->length - at);
        const uint8_t *end = found ? found : log->text + log->length;
        number++;
        at = (size_t)(end - log->text) + (found != NULL);
        while (end > line && (end[-1] == '\r' || end[-1] == ' '))
            end--;
        if (end == line || *line == '#')
            continue;
        const char *wrong = line_read(log, line, end);
        if (wrong)
            return fault_set(fault, STATUS_INVALID, number, "%s", wrong);
    }
    return STATUS_OK;
}

struct tls_keylog *tls_keylog_parse(uint8_t *text, size_t length, struct fault *fault)
{
    struct tls_keylog *log = calloc(1, sizeof(*log));
    if (!log) {
        crypt_wipe(text, length);
        free(text);
        (void)fault_set(fault, STATUS_MEMORY, 0, "no memory");
        return NULL;
    }
    log->text = text;
    log->length = length;
    if (lines_read(log, fault) != STATUS_OK) {
        tls_keylog_free(log);
        return NULL;
    }
    if (log->count)
        qsort(log->rows, log->count, sizeof(*log->rows), compare);
    return log;
}

struct bytes tls_keylog_find(const struct tls_keylog *log, enum tls_label label,
                             const uint8_t random[32])
{
    const struct row wanted = {.random = random, .label = label};
    const struct row *row =
        log->count ? bsearch(&wanted, log->rows, log->count, sizeof(*log->rows), compare) : NULL;
    return row ? row->secret : (struct bytes){0};
}
