#include "ledger/engagement.h"
#include "ledger/file.h"

static void note(struct ledger_check *check, bool is_worth_it, const char *text)
{
    if (is_worth_it)
        check->notes[check->note_count++] = text;
}

/* Whether the address says more than the prefix lets count. */
static bool has_host_bits(const struct network *network)
{
    bool has_any = false;
    for (unsigned i = network->prefix; i < 128; i++)
        has_any |= (network->address.bytes[i / 8] & 0x80U >> i % 8) != 0;
    return has_any;
}

static bool any_has_host_bits(const struct pattern_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].is_network && has_host_bits(&list->items[i].network))
            return true;
    return false;
}

static void engagement_note(struct ledger_check *check, const struct engagement *engagement)
{
    note(check, !engagement->window_count, "it has no window, so it covers nothing");
    note(check, !engagement->sources.count, "it lists no sources, so it covers nothing");
    note(check, !engagement->include.count, "it includes no targets, so it covers nothing");
    note(check, !engagement->accounts.count, "it lists no accounts, so it covers nothing");
    note(check, engagement->tools.is_given && !engagement->tools.count,
         "its list of tools is empty, so it covers nothing; without the list any tool is allowed");
    note(check, engagement->techniques.is_given && !engagement->techniques.count,
         "its list of techniques is empty, so it covers nothing; without the list any is allowed");
    note(check,
         any_has_host_bits(&engagement->sources) || any_has_host_bits(&engagement->include) ||
             any_has_host_bits(&engagement->exclude),
         "a network has bits behind its prefix: 10.8.0.99/24 is all of 10.8.0.0/24");
    note(check, !engagement->people.orderer_contact && !engagement->people.testers_contact,
         "it does not say whom to call");
}

enum status ledger_check_text(struct bytes text, struct arena *arena, struct ledger_check *check,
                              struct fault *fault)
{
    struct document document;
    const enum status status = document_read(text, arena, &document, fault);
    if (status)
        return status;
    *check = (struct ledger_check){.kind = document.kind, .id = document.revocation.id};
    if (document.kind == LEDGER_ENGAGEMENT) {
        check->id = document.engagement.id;
        engagement_note(check, &document.engagement);
    }
    return STATUS_OK;
}

enum status ledger_check_file(const char *path, struct arena *arena, struct ledger_check *check,
                              struct fault *fault)
{
    struct bytes text;
    const char *wrong = ledger_file_take(path, LEDGER_FILE_MAX, arena, &text);
    if (wrong)
        return fault_set(fault, STATUS_INVALID, 0, "%s", wrong);
    return ledger_check_text(text, arena, check, fault);
}
