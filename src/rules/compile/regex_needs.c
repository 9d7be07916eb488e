/* What a regular expression needs, read from its text.
 *
 * A sequence needs each run of literal characters in it, in this order; an alternation one literal
 * of each branch; a group what is in it unless it may be left out. Of several needs for one of some
 * literals the one whose shortest literal is longest is kept. Wherever PCRE2's syntax offers more
 * than is read here the answer is "nothing is known", which costs time and loses nothing.
 *
 * Literals are folded, because indexes look at folded text. Where case is ignored, PCRE2 holds more
 * characters for equal than folding does (s and U+017F): such characters end a run. */
#include "rules/compile/regex.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

#define DEPTH_MAX   12U
#define RUN_MAX     128U
#define DOTS_MAX    64U
#define LENGTH_GOOD 8U /* beyond this, a longer literal is not better */

struct reader {
    struct arena *arena;
    const uint8_t *at, *end;
    bool is_caseless;
    bool has_failed; /* something that is not read here */
    /* Behind which quantifiers of a dot a `?` may stand without changing what is matched. */
    const uint8_t *dots[DOTS_MAX];
    uint32_t dot_count;
    bool is_greed_seen; /* atomic groups and the like: it matters how much a quantifier takes */
};

/* Literal characters that follow each other. */
struct run {
    uint8_t bytes[RUN_MAX];
    size_t length;
    size_t last;   /* where its last character begins */
    size_t shared; /* the first bytes are the last ones of the run before (ab+c: ab, bc) */
};

/* What an atom of a sequence is. */
enum atom {
    ATOM_CHARACTER, /* in the run already */
    ATOM_OTHER,     /* matches something that is not known */
    ATOM_NOTHING,   /* matches no character: what stands around it is adjacent */
    ATOM_GROUP,     /* with what it needs */
};

static bool read_alternation(struct reader *reader, unsigned depth, struct regex_needs *needs);

static bool next_is(const struct reader *reader, char character)
{
    return reader->at < reader->end && *reader->at == (uint8_t)character;
}

static bool take(struct reader *reader, char character)
{
    if (!next_is(reader, character))
        return false;
    reader->at++;
    return true;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static size_t shortest(const struct regex_needs *needs)
{
    size_t length = LENGTH_GOOD;
    for (uint32_t i = 0; i < needs->literal_count; i++)
        if (needs->literals[i].length < length)
            length = needs->literals[i].length;
    return length;
}

/* Keeps the better of two sets of literals. */
static void consider(struct regex_needs *best, const struct regex_needs *other)
{
    const size_t had = shortest(best), has = shortest(other);
    if (other->literal_count == 0 ||
        (best->literal_count &&
         (has < had || (has == had && other->literal_count >= best->literal_count))))
        return;
    memcpy(best->literals, other->literals, other->literal_count * sizeof(*other->literals));
    best->literal_count = other->literal_count;
}

static void add_runs(struct regex_needs *to, const struct bytes *runs, uint32_t count)
{
    for (uint32_t i = 0; i < count && to->run_count < REGEX_RUNS_MAX; i++)
        if (runs[i].length)
            to->runs[to->run_count++] = runs[i];
}

/* Ends a run, which becomes something that the sequence needs. */
static void run_end(struct reader *reader, struct run *run, struct regex_needs *best)
{
    if (run->length) {
        const struct bytes kept = arena_keep(reader->arena, bytes_of(run->bytes, run->length));
        const struct bytes own = bytes_of(kept.data + run->shared, run->length - run->shared);
        const struct regex_needs needs = {.literals = {kept}, .literal_count = 1};
        reader->has_failed |= kept.data == NULL;
        if (kept.data) {
            consider(best, &needs);
            add_runs(best, &own, 1);
        }
    }
    run->length = run->last = run->shared = 0;
}

/* Adds a character; false when it may stand for others than its folded form. */
static bool run_add(const struct reader *reader, struct run *run, uint32_t character)
{
    const uint32_t folded = utf_fold_char(character);
    if ((reader->is_caseless && (folded == 's' || folded > 0x7F)) || run->length + 4 > RUN_MAX)
        return false;
    run->last = run->length;
    run->length += utf8_encode(run->bytes + run->length, folded);
    return true;
}

/* The character at the reader, which steps over it; false when it is not well-formed. */
static bool take_character(struct reader *reader, uint32_t *character)
{
    const unsigned length = utf8_decode(reader->at, (size_t)(reader->end - reader->at), character);
    reader->at += length;
    reader->has_failed |= length == 0;
    return length != 0;
}

/* What stands behind a backslash, outside of a class. */
static enum atom take_escape(struct reader *reader, struct run *run, struct regex_needs *best)
{
    uint32_t character;
    if (reader->at == reader->end || !take_character(reader, &character)) {
        reader->has_failed = true;
        return ATOM_OTHER;
    }
    if (character < 0x80 && strchr("bBAzZGK", (int)character) && character)
        return ATOM_NOTHING;
    const char *control =
        character < 0x80 && character ? strchr("n\nt\tr\rf\f", (int)character) : NULL;
    if (control && is_letter((uint8_t)character))
        character = (uint8_t)control[1];
    else if (is_letter((uint8_t)character) || is_digit((uint8_t)character)) {
        /* Classes match one of several characters; everything else is not read. */
        reader->has_failed |= character > 0x7F || !strchr("dDwWsShHvVR", (int)character);
        run_end(reader, run, best);
        return ATOM_OTHER;
    }
    if (run_add(reader, run, character))
        return ATOM_CHARACTER;
    run_end(reader, run, best);
    return ATOM_OTHER;
}

/* A class whose characters are all one when folded ([Pp]) is a character. */
static enum atom take_class(struct reader *reader, struct run *run, struct regex_needs *best)
{
    bool is_plain = !take(reader, '^');
    uint32_t only = 0;
    for (unsigned count = 0; count == 0 || !next_is(reader, ']'); count++) {
        uint32_t character;
        if (reader->at == reader->end || !take_character(reader, &character)) {
            reader->has_failed = true;
            return ATOM_OTHER;
        }
        if (character == '[' && reader->at < reader->end && strchr(":.=", *reader->at))
            reader->has_failed = true;
        if (character == '\\') {
            if (reader->at == reader->end || !take_character(reader, &character)) {
                reader->has_failed = true;
                return ATOM_OTHER;
            }
            /* \Q and \c may hide a bracket. */
            reader->has_failed |= character == 'Q' || character == 'c';
            is_plain &=
                character < 0x80 && !is_letter((uint8_t)character) && !is_digit((uint8_t)character);
        } else if (character == '-') {
            is_plain = false;
        }
        is_plain &= count == 0 || utf_fold_char(character) == only;
        only = utf_fold_char(character);
    }
    reader->at++;
    if (is_plain && run_add(reader, run, only))
        return ATOM_CHARACTER;
    run_end(reader, run, best);
    return ATOM_OTHER;
}

/* Letters of options behind `(?`: whether they end with `)` (then nothing is matched) or `:`. */
static enum atom take_options(struct reader *reader, unsigned depth, struct regex_needs *needs)
{
    while (reader->at < reader->end && (is_letter(*reader->at) || strchr("^-", *reader->at))) {
        reader->has_failed |= !strchr("imsnJU^-", *reader->at);
        reader->is_greed_seen |= *reader->at == 'U';
        reader->at++;
    }
    if (take(reader, ')'))
        return ATOM_NOTHING;
    reader->has_failed |= !take(reader, ':') || !read_alternation(reader, depth, needs);
    reader->has_failed |= !take(reader, ')');
    return ATOM_GROUP;
}

/* A name of a group up to its end. */
static void skip_name(struct reader *reader, char end)
{
    while (reader->at < reader->end && *reader->at != (uint8_t)end)
        reader->at++;
    reader->has_failed |= !take(reader, end);
}

/* What begins with `(`, which was taken. */
static enum atom take_group(struct reader *reader, unsigned depth, struct regex_needs *needs)
{
    bool is_looking = false;
    if (next_is(reader, '*')) {
        reader->has_failed = true;
        return ATOM_OTHER;
    }
    if (take(reader, '?')) {
        const bool is_name = take(reader, 'P');
        if (take(reader, '#')) {
            skip_name(reader, ')');
            return ATOM_NOTHING;
        }
        if (!is_name && (take(reader, '=') || take(reader, '!'))) {
            is_looking = true;
        } else if (take(reader, '<')) {
            is_looking = take(reader, '=') || take(reader, '!');
            if (!is_looking)
                skip_name(reader, '>');
        } else if (!is_name && (take(reader, '|') || take(reader, ':'))) {
            is_looking = false;
        } else if (!is_name && take(reader, '>')) {
            reader->is_greed_seen = true;
        } else if (!is_name) {
            return take_options(reader, depth, needs);
        } else {
            reader->has_failed = true;
        }
    }
    if (reader->has_failed || !read_alternation(reader, depth, needs) || !take(reader, ')')) {
        reader->has_failed = true;
        return ATOM_OTHER;
    }
    if (is_looking)
        *needs = (struct regex_needs){.literal_count = 0};
    return is_looking ? ATOM_NOTHING : ATOM_GROUP;
}

/* A quantifier, if one stands here: whether it allows none. */
static bool take_quantifier(struct reader *reader, bool is_dot, bool *allows_none)
{
    *allows_none = next_is(reader, '*') || next_is(reader, '?');
    if (!*allows_none && !next_is(reader, '+')) {
        const uint8_t *at = reader->at + 1;
        if (!next_is(reader, '{'))
            return false;
        *allows_none = true;
        for (; at < reader->end && (is_digit(*at) || *at == ',' || *at == ' '); at++)
            if (*at >= '1' && *at <= '9' && !memchr(reader->at, ',', (size_t)(at - reader->at)))
                *allows_none = false;
        if (at == reader->end || *at != '}')
            return false;
        reader->at = at;
    }
    reader->at++;
    if (take(reader, '+'))
        reader->is_greed_seen = true;
    else if (!take(reader, '?') && is_dot && reader->dot_count < DOTS_MAX)
        reader->dots[reader->dot_count++] = reader->at;
    return true;
}

/* The last atom may come again or not at all. */
static void repeat(struct reader *reader, enum atom atom, bool allows_none, struct run *run,
                   struct regex_needs *best)
{
    uint8_t last[4];
    if (atom != ATOM_CHARACTER)
        return;
    const size_t length = run->length - run->last;
    memcpy(last, run->bytes + run->last, length);
    if (allows_none)
        run->length = run->last;
    if (run->length > run->shared)
        run_end(reader, run, best);
    if (!allows_none) {
        memcpy(run->bytes, last, length);
        run->length = run->shared = length;
    }
}

static enum atom take_atom(struct reader *reader, unsigned depth, struct run *run,
                           struct regex_needs *best, struct regex_needs *group)
{
    uint32_t character;
    if (take(reader, '\\'))
        return take_escape(reader, run, best);
    if (take(reader, '['))
        return take_class(reader, run, best);
    if (take(reader, '('))
        return take_group(reader, depth + 1, group);
    if (take(reader, '^') || take(reader, '$'))
        return ATOM_NOTHING;
    if (take(reader, '.')) {
        run_end(reader, run, best);
        return ATOM_OTHER;
    }
    if (!take_character(reader, &character))
        return ATOM_OTHER;
    if (run_add(reader, run, character))
        return ATOM_CHARACTER;
    run_end(reader, run, best);
    return ATOM_OTHER;
}

/* Up to the end, a `|` or a `)`. */
static void take_sequence(struct reader *reader, unsigned depth, struct regex_needs *best)
{
    struct run run = {.length = 0};
    *best = (struct regex_needs){.literal_count = 0};
    while (reader->at < reader->end && !next_is(reader, '|') && !next_is(reader, ')') &&
           !reader->has_failed) {
        struct regex_needs group = {.literal_count = 0};
        const enum atom atom = take_atom(reader, depth, &run, best, &group);
        bool allows_none = false;
        const bool is_dot = atom == ATOM_OTHER && reader->at[-1] == '.';
        if (atom == ATOM_GROUP)
            run_end(reader, &run, best);
        if (take_quantifier(reader, is_dot, &allows_none))
            repeat(reader, atom, allows_none, &run, best);
        if (atom == ATOM_GROUP && !allows_none) {
            consider(best, &group);
            add_runs(best, group.runs, group.run_count);
        }
    }
    run_end(reader, &run, best);
}

/* Branches up to the end or a `)`; false when they are not read. */
static bool read_alternation(struct reader *reader, unsigned depth, struct regex_needs *needs)
{
    struct regex_needs branch;
    if (depth > DEPTH_MAX)
        return false;
    take_sequence(reader, depth, needs);
    while (take(reader, '|')) {
        take_sequence(reader, depth, &branch);
        needs->run_count = 0;
        if (needs->literal_count == 0 || branch.literal_count == 0 ||
            needs->literal_count + branch.literal_count > REGEX_LITERALS_MAX) {
            needs->literal_count = 0;
            continue;
        }
        memcpy(needs->literals + needs->literal_count, branch.literals,
               branch.literal_count * sizeof(*branch.literals));
        needs->literal_count += branch.literal_count;
    }
    return !reader->has_failed;
}

/* Whether any options in the expression make case ignored. */
static bool mentions_caseless(struct bytes expression)
{
    for (size_t i = 0; i + 2 < expression.length; i++) {
        if (expression.data[i] != '(' || expression.data[i + 1] != '?')
            continue;
        for (size_t j = i + 2;
             j < expression.length && (is_letter(expression.data[j]) || expression.data[j] == '-' ||
                                       expression.data[j] == '^');
             j++)
            if (expression.data[j] == 'i')
                return true;
    }
    return false;
}

void regex_needs(struct arena *arena, struct bytes expression, unsigned flags,
                 struct regex_needs *needs)
{
    struct reader reader = {
        .arena = arena,
        .at = expression.data,
        .end = expression.data + expression.length,
        .is_caseless = (flags & SIGMA_REGEX_I) || mentions_caseless(expression),
    };
    *needs = (struct regex_needs){.literal_count = 0};
    if (expression.length && (!read_alternation(&reader, 0, needs) || reader.at != reader.end))
        *needs = (struct regex_needs){.literal_count = 0};
}

struct bytes regex_lazy(struct arena *arena, struct bytes expression)
{
    struct reader reader = {
        .arena = arena,
        .at = expression.data,
        .end = expression.data + expression.length,
    };
    struct regex_needs needs;
    if (expression.length == 0 || !read_alternation(&reader, 0, &needs) ||
        reader.at != reader.end || reader.is_greed_seen)
        return expression;
    uint8_t *lazy = arena_take_aligned(arena, expression.length + reader.dot_count, 1);
    if (!lazy)
        return expression;
    const uint8_t *from = expression.data;
    size_t length = 0;
    for (uint32_t i = 0; i <= reader.dot_count; i++) {
        const uint8_t *to = i < reader.dot_count ? reader.dots[i] : reader.end;
        memcpy(lazy + length, from, (size_t)(to - from));
        length += (size_t)(to - from);
        if (i < reader.dot_count)
            lazy[length++] = '?';
        from = to;
    }
    return bytes_of(lazy, length);
}
