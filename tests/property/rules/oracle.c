#include "oracle.h"

#include "base/utf.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* One event read through one alternative of a log source. */
struct view {
    const struct event *event;
    const struct names *names;
    const struct logsource_alternative *alternative;
};

/* A text of our own, from malloc. */
struct text {
    uint8_t *data;
    size_t length;
};

static struct text folded(struct bytes from)
{
    struct text text = {malloc(from.length * 3 + 32), 0};
    assert(text.data);
    text.length = utf8_fold(text.data, from.length ? from : bytes_of("", 0));
    return text;
}

static struct text rendered(const struct value *value, bool is_folded)
{
    struct text plain = {malloc(value_bound(value) + 1), 0};
    assert(plain.data);
    plain.length = value_write(plain.data, value);
    if (!is_folded)
        return plain;
    const struct text text = folded(bytes_of(plain.data, plain.length));
    free(plain.data);
    return text;
}

static const char *translated(const struct view *view, const char *field)
{
    for (uint32_t i = 0; i < view->alternative->translation_count; i++)
        if (strcmp(view->alternative->translations[i].rule_field, field) == 0)
            return view->alternative->translations[i].event_field;
    return field;
}

static bool is_named(struct bytes name, const char *field)
{
    if (bytes_equal(name, bytes_of_text(field)))
        return true;
    size_t at = 0;
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] != ' ' && name.data[i] != (uint8_t)field[at++])
            return false;
    return field[at] == 0;
}

/* Whether slot `slot` is one of the field (NULL: any). */
static bool slot_is(const struct view *view, uint32_t slot, const char *field)
{
    return !field || is_named(names_text(view->names, view->event->shape->fields[slot]), field);
}

typedef bool value_question(const struct view *view, const struct sigma_test *test,
                            const struct value *value);

/* Whether the question is answered with yes by any value of the field, items of lists alone. */
static bool any_value(const struct view *view, const struct sigma_test *test, const char *field,
                      value_question *question)
{
    for (uint32_t slot = 0; slot < view->event->shape->count; slot++) {
        const struct value *value = &view->event->values[slot];
        if (!slot_is(view, slot, field) || value->type == VALUE_ABSENT)
            continue;
        if (value->type != VALUE_LIST && question(view, test, value))
            return true;
        for (uint32_t i = 0; value->type == VALUE_LIST && i < value->length; i++)
            if (question(view, test, &value->items[i]))
                return true;
    }
    return false;
}

/* Tries everything. */
static bool pieces_fit(const struct sigma_piece *pieces, uint32_t count, bool is_folded,
                       struct bytes text)
{
    if (count == 0)
        return text.length == 0;
    uint32_t character;
    const unsigned step = text.length ? utf8_decode(text.data, text.length, &character) : 0;
    const struct bytes behind_one =
        text.length ? bytes_of(text.data + (step ? step : 1), text.length - (step ? step : 1))
                    : text;
    switch (pieces->kind) {
    case SIGMA_PIECE_MANY:
        return pieces_fit(pieces + 1, count - 1, is_folded, text) ||
               (text.length && pieces_fit(pieces, count, is_folded, behind_one));
    case SIGMA_PIECE_ONE:
        return text.length && pieces_fit(pieces + 1, count - 1, is_folded, behind_one);
    case SIGMA_PIECE_LITERAL:
        break;
    }
    struct text literal = {NULL, pieces->literal.length};
    struct bytes want = pieces->literal;
    if (is_folded) {
        literal = folded(pieces->literal);
        want = bytes_of(literal.data, literal.length);
    }
    const bool fits = want.length <= text.length &&
                      memcmp(want.data, text.data, want.length) == 0 &&
                      pieces_fit(pieces + 1, count - 1, is_folded,
                                 bytes_of(text.data + want.length, text.length - want.length));
    free(literal.data);
    return fits;
}

static bool text_question(const struct view *view, const struct sigma_test *test,
                          const struct value *value)
{
    const struct text text = rendered(value, !test->is_cased);
    const struct bytes bytes = bytes_of(text.data, text.length);
    bool fits = pieces_fit(test->pieces, test->piece_count, !test->is_cased, bytes);
    if (!test->field && !fits) {
        struct sigma_piece pieces[64] = {{.kind = SIGMA_PIECE_MANY}};
        assert(test->piece_count + 2 <= 64);
        for (uint32_t i = 0; i < test->piece_count; i++)
            pieces[i + 1] = test->pieces[i];
        pieces[test->piece_count + 1].kind = SIGMA_PIECE_MANY;
        fits = pieces_fit(pieces, test->piece_count + 2, !test->is_cased, bytes);
    }
    (void)view;
    free(text.data);
    return fits;
}

static bool regex_question(const struct view *view, const struct sigma_test *test,
                           const struct value *value)
{
    const struct text text = rendered(value, false);
    int error;
    PCRE2_SIZE at;
    const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF |
                             (test->regex_flags & SIGMA_REGEX_I ? PCRE2_CASELESS : 0) |
                             (test->regex_flags & SIGMA_REGEX_M ? PCRE2_MULTILINE : 0) |
                             (test->regex_flags & SIGMA_REGEX_S ? PCRE2_DOTALL : 0);
    pcre2_code *code =
        pcre2_compile(test->text.data, test->text.length, options, &error, &at, NULL);
    assert(code);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    const int found = pcre2_match(code, text.data, text.length, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    free(text.data);
    (void)view;
    return found >= 0;
}

static bool address_read(const char *text, uint8_t address[16], bool *is_four)
{
    uint8_t four[4];
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    *is_four = inet_pton(AF_INET, text, four) == 1;
    if (*is_four) {
        memcpy(address, mapped, 12);
        memcpy(address + 12, four, 4);
        return true;
    }
    if (inet_pton(AF_INET6, text, address) != 1)
        return false;
    *is_four = memcmp(address, mapped, 12) == 0;
    return true;
}

static bool cidr_question(const struct view *view, const struct sigma_test *test,
                          const struct value *value)
{
    char network[64];
    uint8_t want[16], have[16];
    bool want_four, have_four;
    assert(test->text.length < sizeof(network));
    memcpy(network, test->text.data, test->text.length);
    network[test->text.length] = 0;
    char *slash = strchr(network, '/');
    assert(slash);
    *slash = 0;
    int bits = atoi(slash + 1);
    const bool is_read = address_read(network, want, &want_four);
    assert(is_read);
    if (!strchr(network, ':'))
        bits += 96;
    const struct text text = rendered(value, false);
    text.data[text.length] = 0;
    const bool is_address =
        !memchr(text.data, 0, text.length) && address_read((char *)text.data, have, &have_four);
    free(text.data);
    (void)view;
    if (!is_address || want_four != have_four)
        return false;
    for (int bit = 0; bit < bits; bit++)
        if ((want[bit / 8] >> (7 - bit % 8) & 1) != (have[bit / 8] >> (7 - bit % 8) & 1))
            return false;
    return true;
}

static bool number_question(const struct sigma_test *test, double number)
{
    switch (test->compare) {
    case SIGMA_EQ:
        return !(number < test->number || number > test->number);
    case SIGMA_NEQ:
        return number < test->number || number > test->number;
    case SIGMA_LT:
        return number < test->number;
    case SIGMA_LTE:
        return number <= test->number;
    case SIGMA_GT:
        return number > test->number;
    case SIGMA_GTE:
        return number >= test->number;
    }
    return false;
}

static bool compare_question(const struct view *view, const struct sigma_test *test,
                             const struct value *value)
{
    double number;
    (void)view;
    return value_number(value, &number) && number_question(test, number);
}

/* Counts the days one by one, year by year and month by month. */
static bool time_question(const struct view *view, const struct sigma_test *test,
                          const struct value *value)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct instant instant;
    (void)view;
    if (!value_instant(value, &instant) || !instant_is_known(instant))
        return false;
    assert(instant.seconds >= 0); /* the generator makes no others */
    int64_t day = instant.seconds / 86400;
    const int64_t weekday = (day + 3) % 7; /* Monday is 0 */
    int year = 1970, month = 0;
    for (;; year++) {
        const int days = year % 4 == 0 && (year % 100 || year % 400 == 0) ? 366 : 365;
        if (day < days)
            break;
        day -= days;
    }
    const int64_t day_of_year = day;
    const bool is_leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
    for (; day >= lengths[month] + (is_leap && month == 1); month++)
        day -= lengths[month] + (is_leap && month == 1);
    /* The week of ISO 8601 is that of its Thursday. */
    const int64_t thursday = day_of_year - weekday + 3;
    const bool was_leap = (year - 1) % 4 == 0 && ((year - 1) % 100 || (year - 1) % 400 == 0);
    const int64_t week = thursday < 0                     ? (thursday + 365 + was_leap) / 7 + 1
                         : thursday >= 365 + (int)is_leap ? 1
                                                          : thursday / 7 + 1;
    const int64_t parts[] = {
        [SIGMA_MINUTE] = instant.seconds / 60 % 60,
        [SIGMA_HOUR] = instant.seconds / 3600 % 24,
        [SIGMA_DAY] = day + 1,
        [SIGMA_WEEK] = week,
        [SIGMA_MONTH] = month + 1,
        [SIGMA_YEAR] = year,
    };
    return number_question(test, (double)parts[test->part]);
}

static bool fieldref_inner(const struct view *view, const struct sigma_test *test,
                           const struct value *value)
{
    /* The text of the outer value comes in as the test's text. */
    const struct text other = rendered(value, !test->is_cased);
    const struct bytes text = test->text;
    bool fits = false;
    (void)view;
    for (size_t at = 0; at + other.length <= text.length; at++) {
        const bool is_first = at == 0, is_last = at + other.length == text.length;
        if (other.length && memcmp(text.data + at, other.data, other.length) != 0)
            continue;
        fits |= test->compare_text == SIGMA_CONTAINS ||
                (test->compare_text == SIGMA_STARTSWITH && is_first) ||
                (test->compare_text == SIGMA_ENDSWITH && is_last) ||
                (test->compare_text == SIGMA_SAME && is_first && is_last);
    }
    free(other.data);
    return fits;
}

static bool without_value(const struct value *value)
{
    return value->type <= VALUE_NULL || (value->type == VALUE_LIST && value->length == 0);
}

static bool fieldref_question(const struct view *view, const struct sigma_test *test,
                              const struct value *value)
{
    char name[128];
    const struct text text = rendered(value, !test->is_cased);
    struct sigma_test inner = *test;
    assert(test->text.length < sizeof(name));
    memcpy(name, test->text.data, test->text.length);
    name[test->text.length] = 0;
    inner.text = bytes_of(text.data, text.length);
    const bool fits = any_value(view, &inner, translated(view, name), fieldref_inner);
    free(text.data);
    return fits;
}

/* In the eyes of a fieldref, fields without a value are absent. */
static bool fieldref_holds(const struct view *view, const struct sigma_test *test,
                           const char *field)
{
    struct event event = *view->event;
    struct value *values = calloc(event.shape->count + 1U, sizeof(*values));
    assert(values);
    for (uint32_t i = 0; i < event.shape->count; i++)
        if (!without_value(&event.values[i]))
            values[i] = event.values[i];
    event.values = values;
    const struct view bare = {&event, view->names, view->alternative};
    const bool holds = any_value(&bare, test, field, fieldref_question);
    free(values);
    return holds;
}

/* A value of the rule that the log source writes otherwise: whether one of its own words is there.
 * False in *is_translated when it is not such a value. */
static bool value_matches(const struct view *view, const struct sigma_test *test,
                          const struct value *value);

static bool translated_holds(const struct view *view, const struct sigma_test *test,
                             bool *is_translated)
{
    bool holds = false;
    *is_translated = false;
    for (uint32_t i = 0; test->field && i < view->alternative->translation_count; i++) {
        const struct logsource_translation *pair = &view->alternative->translations[i];
        for (uint32_t j = 0; strcmp(pair->rule_field, test->field) == 0 && j < pair->value_count;
             j++) {
            const struct text word = folded(bytes_of_text(pair->values[j].rule_value));
            const struct sigma_test want = {.text = bytes_of_text(pair->values[j].event_value)};
            bool is_plain = test->kind == SIGMA_TEXT;
            size_t at = 0;
            for (uint32_t k = 0; is_plain && k < test->piece_count; k++) {
                const struct text part = folded(test->pieces[k].literal);
                is_plain = test->pieces[k].kind == SIGMA_PIECE_LITERAL &&
                           at + part.length <= word.length &&
                           memcmp(word.data + at, part.data, part.length) == 0;
                at += part.length;
                free(part.data);
            }
            is_plain = is_plain && at == word.length;
            free(word.data);
            *is_translated |= is_plain;
            holds |= is_plain && any_value(view, &want, pair->event_field, value_matches);
        }
    }
    return holds;
}

static bool test_holds(const struct view *view, const struct sigma_test *test)
{
    const char *field = test->field ? translated(view, test->field) : NULL;
    bool is_there = false, has_value = false, is_translated;
    const bool holds = translated_holds(view, test, &is_translated);
    if (is_translated)
        return holds;
    for (uint32_t slot = 0; slot < view->event->shape->count; slot++)
        if (slot_is(view, slot, field)) {
            is_there |= view->event->values[slot].type != VALUE_ABSENT;
            has_value |= !without_value(&view->event->values[slot]);
        }
    switch (test->kind) {
    case SIGMA_TEXT:
        return any_value(view, test, field, text_question);
    case SIGMA_REGEX:
        return any_value(view, test, field, regex_question);
    case SIGMA_CIDR:
        return any_value(view, test, field, cidr_question);
    case SIGMA_COMPARE:
        return any_value(view, test, field, compare_question);
    case SIGMA_EXISTS:
        return is_there == test->wanted;
    case SIGMA_NULL:
        return !has_value;
    case SIGMA_FIELDREF:
        return fieldref_holds(view, test, field);
    case SIGMA_TIMEPART:
        return any_value(view, test, field, time_question);
    case SIGMA_TRUE:
        return test->wanted;
    }
    return false;
}

static bool node_holds(const struct view *view, const struct sigma_node *node)
{
    switch (node->kind) {
    case SIGMA_AND:
        for (uint32_t i = 0; i < node->count; i++)
            if (!node_holds(view, node->children[i]))
                return false;
        return true;
    case SIGMA_OR:
        for (uint32_t i = 0; i < node->count; i++)
            if (node_holds(view, node->children[i]))
                return true;
        return false;
    case SIGMA_NOT:
        return !node_holds(view, node->children[0]);
    case SIGMA_LEAF:
        return test_holds(view, node->test);
    }
    return false;
}

/* The whole value without case; `is_cased` says that a * at the end is a wildcard. */
static bool value_matches(const struct view *view, const struct sigma_test *test,
                          const struct value *value)
{
    const struct text have = rendered(value, true);
    const struct text want = folded(test->text);
    const bool is_prefix = test->is_cased && want.length && want.data[want.length - 1] == '*';
    const size_t length = want.length - is_prefix;
    const bool fits = have.length >= length && (is_prefix || have.length == length) &&
                      memcmp(have.data, want.data, length) == 0;
    (void)view;
    free(have.data);
    free(want.data);
    return fits;
}

static bool conditions_hold(const struct view *view)
{
    for (uint32_t i = 0; i < view->alternative->condition_count; i++) {
        const struct logsource_condition *condition = &view->alternative->conditions[i];
        bool holds = false;
        for (uint32_t j = 0; j < condition->count; j++) {
            const struct sigma_test want = {.text = bytes_of_text(condition->values[j]),
                                            .is_cased = true};
            holds |= any_value(view, &want, condition->field, value_matches);
        }
        if (!holds)
            return false;
    }
    return true;
}

bool oracle_fires(const struct sigma_rule *rule, const struct logsource_table *table,
                  const struct event *event, const struct names *names)
{
    uint32_t count;
    const struct logsource_alternative *all = logsource_find(table, &rule->logsource, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct view view = {event, names, &all[i]};
        if (conditions_hold(&view) && node_holds(&view, rule->condition))
            return true;
    }
    return false;
}
