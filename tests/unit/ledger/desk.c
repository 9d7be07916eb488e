#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct ledger *desk_ledger(const char *const *engagements, uint32_t count)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));
    assert_non_null(ledger);
    arena_init(&ledger->arena, 64U << 20);
    ledger->entries = arena_take_array(&ledger->arena, count + 1, sizeof(*ledger->entries));
    ledger->entry_count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct document document;
        struct fault fault = {0};
        if (document_read(bytes_of_text(engagements[i]), &ledger->arena, &document, &fault) !=
            STATUS_OK)
            fail_msg("%s, in line %u of %s", fault.reason, (unsigned)fault.offset, engagements[i]);
        assert_int_equal(document.kind, LEDGER_ENGAGEMENT);
        ledger->entries[i] = (struct ledger_entry){
            .engagement = document.engagement, .path = "desk", .withdrawn.seconds = INSTANT_NONE};
    }
    return ledger;
}

void desk_free(struct ledger *ledger)
{
    ledger_free(ledger);
}

static struct ledger_values values_of(const char *text, struct bytes *items)
{
    struct ledger_values values = {items, 0};
    while (text) {
        const char *end = strchr(text, '|');
        assert_true(values.count < DESK_VALUES);
        items[values.count++] = end ? bytes_of(text, (size_t)(end - text)) : bytes_of_text(text);
        text = end ? end + 1 : NULL;
    }
    return values;
}

static struct instant instant_of(const char *text)
{
    struct instant instant = {.seconds = INSTANT_NONE};
    if (text)
        assert_int_equal(instant_parse(bytes_of_text(text), &instant), STATUS_OK);
    return instant;
}

struct ledger_step desk_step(const struct desk_step *told, struct desk_values *values)
{
    return (struct ledger_step){
        .first = instant_of(told->first),
        .last = instant_of(told->last ? told->last : told->first),
        .sources = values_of(told->sources, values->items[0]),
        .targets = values_of(told->targets, values->items[1]),
        .accounts = values_of(told->accounts, values->items[2]),
        .tools = values_of(told->tools, values->items[3]),
        .techniques = values_of(told->techniques, values->items[4]),
        .texts = values_of(told->texts, values->items[5]),
    };
}
