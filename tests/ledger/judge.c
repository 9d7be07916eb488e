/* Judges the steps of a YAML file against a ledger and prints all that it has to say:
 * judge FOLDER SIGNERS STEPS. Exit status as the output contract has it. */
#include "ledger/ledger.h"
#include "yaml/option_file.h"

#include <assert.h>
#include <stdio.h>

static const char *const troubles[] = {"note", "invalid", "unverified"};

static void remarks_print(const struct ledger *ledger)
{
    for (uint32_t i = 0; i < ledger_remark_count(ledger); i++) {
        const struct ledger_remark *remark = ledger_remark(ledger, i);
        printf("%s:%u: %s: %s\n", remark->path, remark->line, troubles[remark->trouble],
               remark->reason);
    }
    for (uint32_t i = 0; i < ledger_file_count(ledger); i++) {
        const struct ledger_file *file = ledger_file(ledger, i);
        printf("%s is %s %s%s%s\n", file->path, file->is_used ? "used" : "not used",
               file->id ? file->id : "", file->signer ? ", signed by " : "",
               file->signer ? file->signer : "");
    }
}

static struct ledger_values values_of(struct arena *arena, const struct tree_node *step,
                                      const char *key)
{
    const struct tree_node *list = tree_find(step, key);
    struct ledger_values values = {0};
    if (!list)
        return values;
    assert(list->kind == TREE_LIST);
    struct bytes *items = arena_take_array(arena, list->count + 1, sizeof(*items));
    assert(items);
    for (uint32_t i = 0; i < list->count; i++)
        items[i] = list->items[i]->text;
    return (struct ledger_values){items, list->count};
}

static struct instant instant_of(const struct tree_node *step, const char *key)
{
    const struct tree_node *node = tree_find(step, key);
    struct instant instant = {.seconds = INSTANT_NONE};
    if (node && instant_parse(node->text, &instant) != STATUS_OK)
        assert(!"a time");
    return instant;
}

static struct ledger_step step_of(struct arena *arena, const struct tree_node *node)
{
    return (struct ledger_step){
        .first = instant_of(node, "first"),
        .last = instant_of(node, "last"),
        .sources = values_of(arena, node, "sources"),
        .targets = values_of(arena, node, "targets"),
        .accounts = values_of(arena, node, "accounts"),
        .tools = values_of(arena, node, "tools"),
        .techniques = values_of(arena, node, "techniques"),
        .texts = values_of(arena, node, "texts"),
    };
}

static void judgement_print(const char *what, enum ledger_standing standing, const char *engagement,
                            struct ledger_because because)
{
    printf("%s: %s%s%s\n", what, ledger_status(standing), engagement ? ", " : "",
           engagement ? engagement : "");
    for (uint32_t i = 0; i < because.count; i++)
        printf("  %s\n", because.sentences[i]);
}

static void verdict_print(const struct ledger_verdict *verdict, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char what[32];
        snprintf(what, sizeof(what), "step %u", i + 1);
        judgement_print(what, verdict->steps[i].standing, verdict->steps[i].engagement,
                        verdict->steps[i].because);
    }
    judgement_print("case", verdict->standing, verdict->engagement, verdict->because);
}

static enum status steps_judge(const struct ledger *ledger, const char *path, struct arena *arena,
                               struct fault *fault)
{
    const struct tree_node *list;
    struct ledger_verdict verdict;
    enum status status = option_file_read(arena, path, &list, fault);
    if (status)
        return status;
    struct ledger_step *steps = arena_take_array(arena, list->count + 1, sizeof(*steps));
    assert(steps && list->kind == TREE_LIST);
    for (uint32_t i = 0; i < list->count; i++)
        steps[i] = step_of(arena, list->items[i]);
    status = ledger_judge(ledger, steps, list->count, arena, &verdict, fault);
    if (status == STATUS_OK)
        verdict_print(&verdict, list->count);
    return status;
}

int main(int count, char **words)
{
    struct ledger *ledger = NULL;
    struct arena arena;
    struct fault fault = {0};
    if (count != 4)
        return 2;
    arena_init(&arena, 64U << 20);
    enum status status = ledger_read(words[1], words[2], &ledger, &fault);
    if (status == STATUS_OK) {
        remarks_print(ledger);
        status = steps_judge(ledger, words[3], &arena, &fault);
    }
    int result = status ? 3 : 0;
    if (status)
        printf("%s\n", fault.reason);
    else if (ledger_has(ledger, LEDGER_UNVERIFIED))
        result = 5;
    else if (ledger_has(ledger, LEDGER_INVALID))
        result = 3;
    arena_release(&arena);
    ledger_free(ledger);
    return result;
}
