#include "ledger/signers.h"

#include "ledger/sshsig.h"

#include <strings.h>

#define REASON_MAX 200

/* --- Pieces of a line --- */

static bool is_blank(uint8_t letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r';
}

static void blanks_skip(struct cursor *line)
{
    const uint8_t *next;
    while ((next = cursor_peek(line, 1)) && is_blank(*next))
        cursor_take(line, 1);
}

static struct bytes word_take(struct cursor *line)
{
    const uint8_t *begin = line->at, *next;
    while ((next = cursor_peek(line, 1)) && !is_blank(*next))
        cursor_take(line, 1);
    return bytes_of(begin, (size_t)(line->at - begin));
}

/* To the closing quote; false when there is none. The opening one was taken. `\"` is a quote. */
static bool quoted_take(struct cursor *line, struct bytes *inner)
{
    const uint8_t *begin = line->at, *next;
    bool is_escaped = false;
    while ((next = cursor_take(line, 1))) {
        if (*next == '"' && !is_escaped) {
            *inner = bytes_of(begin, (size_t)(next - begin));
            return true;
        }
        is_escaped = *next == '\\';
    }
    return false;
}

static bool principals_take(struct cursor *line, struct bytes *principals)
{
    const uint8_t *next = cursor_peek(line, 1);
    if (!next || *next != '"') {
        *principals = word_take(line);
        return principals->length > 0;
    }
    cursor_take(line, 1);
    return quoted_take(line, principals) && principals->length > 0;
}

/* Options end at a blank that stands in no quotes. */
static struct bytes options_take(struct cursor *line)
{
    const uint8_t *begin = line->at, *next;
    bool is_quoted = false, is_escaped = false;
    while ((next = cursor_peek(line, 1)) && (is_quoted || !is_blank(*next))) {
        is_quoted ^= *next == '"' && !is_escaped;
        is_escaped = *next == '\\';
        cursor_take(line, 1);
    }
    return bytes_of(begin, (size_t)(line->at - begin));
}

/* --- Options --- */

struct options {
    struct signer *signer;
    bool is_authority;
    bool has_local_time; /* a time without a Z */
};

static bool word_is(struct bytes word, const char *name)
{
    return word.length == strlen(name) &&
           strncasecmp((const char *)word.data, name, word.length) == 0;
}

/* YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]. */
static bool time_parse(struct bytes text, struct instant *time, bool *has_zone)
{
    char digits[] = "YYYYMMDD000000", whole[] = "YYYY-MM-DDThh:mm:ssZ";
    static const uint8_t places[14] = {0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18};
    *has_zone = text.length && (text.data[text.length - 1] | 32) == 'z';
    const size_t length = text.length - *has_zone;
    if (length != 8 && length != 12 && length != 14)
        return false;
    memcpy(digits, text.data, length);
    for (size_t i = 0; i < sizeof(places); i++)
        whole[places[i]] = digits[i];
    return instant_parse(bytes_of_text(whole), time) == STATUS_OK;
}

static const char *validity_set(struct options *options, struct bytes value, struct instant *time)
{
    bool has_zone;
    if (instant_is_known(*time))
        return "an option is repeated";
    if (!time_parse(value, time, &has_zone))
        return "no time: YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z]";
    options->has_local_time |= !has_zone;
    return NULL;
}

static const char *value_set(struct options *options, struct bytes name, struct bytes value)
{
    struct signer *signer = options->signer;
    if (word_is(name, "valid-after"))
        return validity_set(options, value, &signer->after);
    if (word_is(name, "valid-before"))
        return validity_set(options, value, &signer->before);
    if (!word_is(name, "namespaces"))
        return "unknown option";
    if (signer->namespaces.data)
        return "an option is repeated";
    signer->namespaces = value;
    return NULL;
}

/* Takes one option; what is wrong with it, or NULL. */
static const char *option_read(struct options *options, struct cursor *at)
{
    const uint8_t *begin = at->at, *next;
    while ((next = cursor_peek(at, 1)) && *next != '=' && *next != ',')
        cursor_take(at, 1);
    const struct bytes name = bytes_of(begin, (size_t)(at->at - begin));
    if (!next || *next == ',') {
        options->is_authority |= word_is(name, "cert-authority");
        return word_is(name, "cert-authority") ? NULL : "unknown option";
    }
    struct bytes value;
    cursor_take(at, 1);
    next = cursor_take(at, 1);
    if (!next || *next != '"' || !quoted_take(at, &value))
        return "an option's value has no quotes around it";
    return value_set(options, name, value);
}

static const char *options_read(struct options *options, struct bytes text)
{
    struct cursor at = cursor_over(text, 0);
    const char *wrong = option_read(options, &at);
    const uint8_t *comma;
    while (!wrong && (comma = cursor_take(&at, 1)))
        wrong = *comma == ',' ? option_read(options, &at) : "options without a comma between them";
    const struct signer *signer = options->signer;
    if (!wrong && instant_is_known(signer->after) && instant_is_known(signer->before) &&
        instant_compare(signer->before, signer->after) <= 0)
        return "valid-before is not after valid-after";
    return wrong;
}

/* --- Lines --- */

struct reading {
    struct arena *arena;
    const struct signers_listener *listener;
    struct signers *signers;
    uint32_t line;
};

static void tell(const struct reading *reading, enum ledger_trouble trouble, const char *reason)
{
    reading->listener->tell(reading->listener->context, trouble, reading->line, reason);
}

static enum status signer_add(const struct reading *reading, const struct signer *signer)
{
    struct signers *signers = reading->signers;
    if (signers->count == SIGNERS_MAX) {
        tell(reading, LEDGER_INVALID, "more keys than are read");
        return STATUS_OK;
    }
    if (signers->count == signers->room) {
        const uint32_t room = signers->room ? signers->room * 2 : 16;
        struct signer *items = arena_take_array(reading->arena, room, sizeof(*items));
        if (!items)
            return STATUS_MEMORY;
        if (signers->count)
            memcpy(items, signers->items, signers->count * sizeof(*items));
        signers->items = items;
        signers->room = room;
    }
    signers->items[signers->count++] = *signer;
    return STATUS_OK;
}

/* Keeps the line's key, or says why not. `kind` was taken from the line. */
static enum status key_keep(const struct reading *reading, struct bytes kind, struct cursor *line,
                            struct signer *signer)
{
    struct fault fault = {0};
    struct bytes blob, text;
    blanks_skip(line);
    text = word_take(line);
    if (!ssh_base64_read(text, reading->arena, &blob)) {
        tell(reading, LEDGER_INVALID, "the key is no base64");
        return STATUS_OK;
    }
    if (ssh_key_read(blob, &signer->key, &fault) != STATUS_OK) {
        tell(reading, fault.status == STATUS_REFUSED ? LEDGER_NOTE : LEDGER_INVALID, fault.reason);
        return STATUS_OK;
    }
    if (!bytes_equal(kind, bytes_of_text(ssh_key_name(&signer->key)))) {
        tell(reading, LEDGER_INVALID, "the key is not of the kind that is written before it");
        return STATUS_OK;
    }
    return signer_add(reading, signer);
}

/* Whether the line has a key for us behind the principals; takes the name of its kind. */
static bool kind_take(const struct reading *reading, struct cursor *line, struct signer *signer,
                      struct bytes *kind)
{
    struct cursor ahead = *line;
    struct options options = {.signer = signer};
    *kind = word_take(&ahead);
    if (!kind->length) {
        tell(reading, LEDGER_INVALID, "no key behind the principals");
        return false;
    }
    if (ssh_kind_known(*kind) == SSH_UNKNOWN) {
        const char *wrong = options_read(&options, options_take(line));
        if (wrong)
            tell(reading, LEDGER_INVALID, wrong);
        if (wrong)
            return false;
        blanks_skip(line);
        ahead = *line;
        *kind = word_take(&ahead);
    }
    *line = ahead;
    const enum ssh_known known = ssh_kind_known(*kind);
    if (known == SSH_UNKNOWN)
        tell(reading, LEDGER_INVALID, "no key of a kind that is known");
    else if (known == SSH_REFUSED || options.is_authority)
        tell(reading, LEDGER_NOTE,
             "a key that is not supported, or of a certificate authority: passed over");
    else if (options.has_local_time)
        tell(reading, LEDGER_NOTE, "a time without Z is taken as UTC");
    return known == SSH_USED && !options.is_authority;
}

static enum status line_read(const struct reading *reading, struct bytes text)
{
    struct cursor line = cursor_over(text, 0);
    struct signer signer = {
        .line = reading->line, .after.seconds = INSTANT_NONE, .before.seconds = INSTANT_NONE};
    struct bytes principals, kind;
    blanks_skip(&line);
    const uint8_t *first = cursor_peek(&line, 1);
    if (!first || *first == '#')
        return STATUS_OK;
    if (memchr(text.data, '\0', text.length) || !principals_take(&line, &principals)) {
        tell(reading, LEDGER_INVALID, "no principals in front of the key");
        return STATUS_OK;
    }
    blanks_skip(&line);
    if (!kind_take(reading, &line, &signer, &kind))
        return STATUS_OK;
    signer.principals = arena_keep_text(reading->arena, principals);
    if (signer.namespaces.data) {
        signer.namespaces = arena_keep(reading->arena, signer.namespaces);
        if (!signer.namespaces.data)
            return STATUS_MEMORY;
    }
    return signer.principals ? key_keep(reading, kind, &line, &signer) : STATUS_MEMORY;
}

enum status signers_read(struct bytes text, struct arena *arena,
                         const struct signers_listener *listener, struct signers *signers,
                         struct fault *fault)
{
    struct reading reading = {arena, listener, signers, 0};
    struct cursor rest = cursor_over(text, 0);
    *signers = (struct signers){0};
    while (cursor_left(&rest)) {
        const uint8_t *end = memchr(rest.at, '\n', cursor_left(&rest));
        const size_t length = end ? (size_t)(end - rest.at) : cursor_left(&rest);
        const struct bytes line = bytes_of(rest.at, length);
        cursor_take(&rest, length);
        cursor_take(&rest, 1);
        reading.line++;
        if (line_read(&reading, line) != STATUS_OK)
            return fault_set(fault, STATUS_MEMORY, reading.line, "no memory for allowed signers");
    }
    return STATUS_OK;
}

/* --- Who is allowed --- */

/* OpenSSH's match_pattern(): * and ?, with case. */
static bool pattern_matches(struct bytes pattern, struct bytes text)
{
    size_t at = 0, in_pattern = 0, star = SIZE_MAX, star_at = 0;
    while (at < text.length) {
        const uint8_t wanted = in_pattern < pattern.length ? pattern.data[in_pattern] : 0;
        if (wanted == '*') {
            star = in_pattern++;
            star_at = at;
        } else if (in_pattern < pattern.length && (wanted == '?' || wanted == text.data[at])) {
            in_pattern++;
            at++;
        } else if (star != SIZE_MAX) {
            in_pattern = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.length && pattern.data[in_pattern] == '*')
        in_pattern++;
    return in_pattern == pattern.length;
}

/* OpenSSH's match_pattern_list(): one must match, and none behind a ! may. */
static bool list_allows(struct bytes list, struct bytes text)
{
    struct cursor rest = cursor_over(list, 0);
    bool is_allowed = false;
    while (cursor_left(&rest)) {
        const bool is_negated = *rest.at == '!';
        cursor_take(&rest, is_negated);
        const uint8_t *comma = memchr(rest.at, ',', cursor_left(&rest));
        const size_t length = comma ? (size_t)(comma - rest.at) : cursor_left(&rest);
        const struct bytes pattern = bytes_of(rest.at, length);
        cursor_take(&rest, length);
        cursor_take(&rest, 1);
        if (!pattern_matches(pattern, text))
            continue;
        if (is_negated)
            return false;
        is_allowed = true;
    }
    return is_allowed;
}

static bool time_is_allowed(const struct signer *signer, const struct signing *signing)
{
    if (!instant_is_known(signing->first))
        return true;
    return (!instant_is_known(signer->after) ||
            instant_compare(signer->after, signing->first) <= 0) &&
           (!instant_is_known(signer->before) ||
            instant_compare(signing->last, signer->before) <= 0);
}

const struct signer *signers_find(const struct signers *signers, const struct signing *signing,
                                  struct fault *fault)
{
    fault_set(fault, STATUS_REFUSED, 0, "its key is not among the allowed signers");
    for (uint32_t i = 0; i < signers->count; i++) {
        const struct signer *signer = &signers->items[i];
        if (!bytes_equal(signer->key.blob, signing->key->blob))
            continue;
        if (signer->namespaces.data && !list_allows(signer->namespaces, signing->name_space))
            fault_set(fault, STATUS_REFUSED, 0,
                      "line %u of the allowed signers does not allow its key this namespace",
                      signer->line);
        else if (!time_is_allowed(signer, signing))
            fault_set(fault, STATUS_REFUSED, 0,
                      "line %u of the allowed signers does not allow its key all of that time",
                      signer->line);
        else
            return signer;
    }
    return NULL;
}
