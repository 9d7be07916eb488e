#include "ledger/pattern.h"

#include "base/utf.h"

/* --- Parts of names --- */

static bool folded_take(struct bytes text, struct arena *arena, struct bytes *folded)
{
    uint8_t *room = arena_take_aligned(arena, text.length * 3 + 32, 1);
    if (room)
        *folded = bytes_of(room, utf8_fold(room, text));
    return room != NULL;
}

static const uint8_t *find(struct bytes text, char wanted)
{
    return text.length ? memchr(text.data, wanted, text.length) : NULL;
}

static struct bytes before(struct bytes text, const uint8_t *at)
{
    return bytes_of(text.data, (size_t)(at - text.data));
}

static struct bytes behind(struct bytes text, const uint8_t *at)
{
    return bytes_of(at + 1, text.length - (size_t)(at + 1 - text.data));
}

/* dc1 of dc1.lab.example */
static struct bytes first_label(struct bytes name)
{
    const uint8_t *dot = find(name, '.');
    return dot ? before(name, dot) : name;
}

/* LAB\alice and alice@lab: a realm and a name. */
static void account_split(struct bytes account, struct bytes *realm, struct bytes *name)
{
    const uint8_t *backslash = find(account, '\\');
    const uint8_t *at = backslash ? NULL : find(account, '@');
    *realm = backslash ? before(account, backslash) : at ? behind(account, at) : (struct bytes){0};
    *name = backslash ? behind(account, backslash) : at ? before(account, at) : account;
}

static bool has_only(struct bytes text, const char *allowed)
{
    for (size_t i = 0; i < text.length; i++)
        if (!text.data[i] || !strchr(allowed, text.data[i]))
            return false;
    return true;
}

/* --- Reading --- */

static enum status host_read(struct pattern *pattern, struct fault *fault)
{
    const struct bytes text = pattern->text;
    if (network_parse(text, &pattern->network)) {
        pattern->is_network = true;
        return STATUS_OK;
    }
    const bool is_dotted =
        has_only(text, "0123456789.*") && find(text, '.') && !has_only(text, ".*");
    pattern->is_numeric = find(text, '*') && (is_dotted || find(text, ':'));
    const bool is_number = !find(text, '*') && (is_dotted || find(text, ':'));
    if (find(text, '/') || is_number)
        return fault_set(fault, STATUS_INVALID, 0, "`%.*s` is no address, network or host name",
                         (int)(text.length < 60 ? text.length : 60), (const char *)text.data);
    return STATUS_OK;
}

static enum status account_read(struct pattern *pattern, struct fault *fault)
{
    struct bytes realm, name;
    account_split(pattern->whole.folded, &realm, &name);
    pattern->realm.folded = realm;
    pattern->name.folded = name;
    if (name.length == 0 || find(name, '\\') || (realm.data && realm.length == 0))
        return fault_set(fault, STATUS_INVALID, 0, "`%.*s` is no account: DOMAIN\\name, or name",
                         (int)(pattern->text.length < 60 ? pattern->text.length : 60),
                         (const char *)pattern->text.data);
    return STATUS_OK;
}

bool text_has_controls(struct bytes text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return true;
    return false;
}

enum status pattern_read(enum pattern_kind kind, struct bytes text, struct arena *arena,
                         struct pattern *pattern, struct fault *fault)
{
    struct pattern read = {.text = arena_keep(arena, text)};
    if (text.length == 0 || text.length > PATTERN_LENGTH_MAX || text_has_controls(text))
        return fault_set(fault, STATUS_INVALID, 0,
                         text.length == 0                   ? "an empty text"
                         : text.length > PATTERN_LENGTH_MAX ? "a text is longer than 1024 bytes"
                                                            : "a text has control characters");
    if (!read.text.data || !folded_take(text, arena, &read.whole.folded))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the ledger");
    read.is_any = kind != PATTERN_CANARY && has_only(text, "*");
    enum status status = STATUS_OK;
    if (kind == PATTERN_HOST && !read.is_any)
        status = host_read(&read, fault);
    else if (kind == PATTERN_ACCOUNT && !read.is_any)
        status = account_read(&read, fault);
    if (status == STATUS_OK)
        *pattern = read;
    return status;
}

static bool address_fact(struct bytes said, struct arena *arena, struct fact *fact)
{
    char text[ADDRESS_TEXT_BOUND];
    const size_t length = address_write(text, &fact->address);
    fact->is_address = true;
    fact->said = said;
    fact->folded = arena_keep(arena, bytes_of(text, length));
    return fact->folded.data != NULL;
}

bool fact_read(enum pattern_kind kind, struct bytes said, struct arena *arena, struct fact *fact)
{
    *fact = (struct fact){.said = said};
    if (kind == PATTERN_HOST && address_parse(said, &fact->address))
        return address_fact(said, arena, fact);
    fact->is_overlong = kind != PATTERN_CANARY && said.length > PATTERN_LENGTH_MAX;
    if (fact->is_overlong)
        return true;
    if (!folded_take(said, arena, &fact->folded))
        return false;
    if (kind == PATTERN_ACCOUNT)
        account_split(fact->folded, &fact->realm, &fact->name);
    return true;
}

/* --- Meeting --- */

/* DC1 is dc1.lab.example, whichever of them is written; but a pattern with a wildcard and a dot is
 * not cut, because *.lab.example would then fit anything. */
static bool name_fits(const struct glob *pattern, struct bytes name)
{
    const bool is_bare = !find(pattern->folded, '.');
    if (glob_fits(pattern, name) || (is_bare && glob_fits(pattern, first_label(name))))
        return true;
    return !is_bare && !find(pattern->folded, '*') && !find(name, '.') &&
           bytes_equal(first_label(pattern->folded), name);
}

static bool host_fits(const struct pattern *pattern, const struct fact *fact)
{
    const struct network *network = &pattern->network;
    if (pattern->is_network)
        return fact->is_address && network_has(network->address.version, network->address.bytes,
                                               network->prefix, &fact->address);
    if (fact->is_address || pattern->is_numeric)
        return fact->is_address && pattern->is_numeric && glob_fits(&pattern->whole, fact->folded);
    return name_fits(&pattern->whole, fact->folded);
}

static enum answer account_fits(const struct pattern *pattern, const struct fact *fact)
{
    if (!glob_fits(&pattern->name, fact->name))
        return ANSWER_NO;
    const struct bytes realm = pattern->realm.folded;
    if (!realm.data || has_only(realm, "*"))
        return ANSWER_YES;
    if (!fact->realm.length)
        return ANSWER_UNKNOWN;
    return name_fits(&pattern->realm, fact->realm) ? ANSWER_YES : ANSWER_NO;
}

/* Whose name has no vendor is a tool of Impacket's. */
static enum answer tool_fits(const struct pattern *pattern, const struct fact *fact)
{
    const struct bytes library = bytes_of_text("impacket");
    const bool is_vendors = find(fact->folded, ':') != NULL;
    if (glob_fits(&pattern->whole, fact->folded) ||
        (bytes_equal(pattern->whole.folded, library) && !is_vendors))
        return ANSWER_YES;
    return bytes_equal(fact->folded, library) && !find(pattern->whole.folded, ':') ? ANSWER_UNKNOWN
                                                                                   : ANSWER_NO;
}

/* T1003 is all of its sub-techniques, and T1003.* is T1003. */
static enum answer technique_fits(const struct pattern *pattern, const struct fact *fact)
{
    const struct bytes wanted = pattern->whole.folded;
    const struct glob parent = {first_label(wanted)};
    const bool has_sub = parent.folded.length < wanted.length;
    if (glob_fits(&pattern->whole, fact->folded) ||
        (!has_sub && glob_fits(&pattern->whole, first_label(fact->folded))))
        return ANSWER_YES;
    if (!has_sub || find(fact->folded, '.') || !glob_fits(&parent, fact->folded))
        return ANSWER_NO;
    const struct bytes sub = behind(wanted, find(wanted, '.'));
    return sub.length && has_only(sub, "*") ? ANSWER_YES : ANSWER_UNKNOWN;
}

enum answer pattern_fits(enum pattern_kind kind, const struct pattern *pattern,
                         const struct fact *fact)
{
    if (pattern->is_any)
        return ANSWER_YES;
    if (fact->is_overlong)
        return ANSWER_NO;
    switch (kind) {
    case PATTERN_ACCOUNT:
        return account_fits(pattern, fact);
    case PATTERN_TOOL:
        return tool_fits(pattern, fact);
    case PATTERN_TECHNIQUE:
        return technique_fits(pattern, fact);
    case PATTERN_HOST:
        return host_fits(pattern, fact) ? ANSWER_YES : ANSWER_NO;
    case PATTERN_CANARY:
        break;
    }
    return memmem(fact->folded.data, fact->folded.length, pattern->whole.folded.data,
                  pattern->whole.folded.length)
               ? ANSWER_YES
               : ANSWER_NO;
}
