#include "respond/respond.h"

#include "base/address.h"
#include "reports/escape.h"

#include <strings.h>

#define SAVED_MAX    3U /* of what was run, per action */
#define ACTIONS_MORE 8U /* besides one for each name: calls, krbtgt, accounts that were taken */

enum takes { TAKES_NOTHING, TAKES_ACCOUNTS, TAKES_HOST, TAKES_DIRECTORY, TAKES_TICKETS };

struct tool_facts {
    const char *name;
    bool serves_directory; /* its target is a domain controller */
    enum takes takes;
    const char *leaves;
};

#include "responses.h"

struct planner {
    const struct case_record *record;
    struct arena *arena;
    struct plan_action *actions;
    struct bytes *left_out;
    uint32_t count, left_out_count;
    struct buffer text;
    bool failed;
};

/* --- Facts --- */

static const struct tool_facts *facts_of(struct bytes tool)
{
    for (size_t i = 0; i < COUNT_OF(tool_facts); i++)
        if (bytes_equal(bytes_of_text(tool_facts[i].name), tool))
            return &tool_facts[i];
    return NULL;
}

/* Case does not count, and what is not known is the same as nothing. */
static bool same(struct bytes one, struct bytes other)
{
    return one.length && one.length == other.length &&
           strncasecmp((const char *)one.data, (const char *)other.data, one.length) == 0;
}

static bool has(const struct case_texts *texts, struct bytes text)
{
    for (uint32_t i = 0; i < texts->count; i++)
        if (same(texts->items[i], text))
            return true;
    return false;
}

/* DCSync, or the directory's own file. */
static bool takes_directory(const struct case_step *step)
{
    return has(&step->techniques, bytes_of_text("T1003.006")) ||
           has(&step->techniques, bytes_of_text("T1003.003"));
}

static bool shows_directory(const struct case_step *step)
{
    const struct tool_facts *facts = facts_of(step->tool);
    return takes_directory(step) || (facts && facts->serves_directory);
}

static enum takes taken_by(const struct case_step *step)
{
    const struct tool_facts *facts = facts_of(step->tool);
    return takes_directory(step) ? TAKES_DIRECTORY : facts ? facts->takes : TAKES_NOTHING;
}

/* dc1, DC-2, dc.lab.example: a hint, no more. */
static bool is_named_as_controller(struct bytes name)
{
    return name.length >= 2 && strncasecmp((const char *)name.data, "dc", 2) == 0 &&
           (name.length == 2 || !((name.data[2] | 32) >= 'a' && (name.data[2] | 32) <= 'z'));
}

/* Likewise of an Exchange server. */
static bool is_named_as_exchange(struct bytes name)
{
    return name.length >= 4 && strncasecmp((const char *)name.data, "exch", 4) == 0;
}

/* --- Values that can be what they are said to be --- */

static bool is_host(struct bytes text)
{
    struct address address;
    if (address_parse(text, &address))
        return true;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t byte = text.data[i];
        const bool is_inside = byte == '-' || byte == '.' || byte == '_';
        const bool is_letter = (byte | 32) >= 'a' && (byte | 32) <= 'z';
        if (!is_letter && !(byte >= '0' && byte <= '9') && !(is_inside && i))
            return false;
    }
    return text.length && text.length <= 253;
}

/* What Windows does not allow in the name of an account, and what may become code. One backslash
 * parts it from its domain; a machine's ends in a dollar. */
static bool is_account(struct bytes text)
{
    unsigned parts = 1;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t byte = text.data[i];
        if (byte < ' ' || byte == 0x7f || strchr("\"/[]:;|=,+*?<>`'", byte) ||
            (byte == '$' && i + 1 < text.length))
            return false;
        parts += byte == '\\';
    }
    bool is_same = true;
    for (size_t at = 0; is_same && at < text.length;) {
        const struct escaped one = escape_char(bytes_of(text.data + at, text.length - at));
        is_same = text.data[at] == '\\' ||
                  (one.length == one.taken && memcmp(one.text, text.data + at, one.taken) == 0);
        at += one.taken;
    }
    return text.length && text.length <= 300 && parts <= 2 && is_same;
}

static bool is_nobody(struct bytes account)
{
    static const char *const names[] = {"-",
                                        "SYSTEM",
                                        "ANONYMOUS LOGON",
                                        "LOCAL SERVICE",
                                        "NETWORK SERVICE",
                                        "NT AUTHORITY\\SYSTEM",
                                        "NT AUTHORITY\\ANONYMOUS LOGON"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (same(account, bytes_of_text(names[i])))
            return true;
    return account.length == 0;
}

/* --- Sentences --- */

static struct bytes keep(struct planner *by)
{
    const struct bytes kept = arena_keep(by->arena, buffer_view(&by->text));
    by->failed |= by->text.failed || !kept.data;
    buffer_reset(&by->text);
    return by->failed ? (struct bytes){0} : kept;
}

/* Words of ours around a value of the evidence. */
static struct bytes say(struct planner *by, const char *before, struct bytes value,
                        const char *behind)
{
    buffer_text(&by->text, before);
    escape_text(&by->text, value);
    buffer_text(&by->text, behind);
    return keep(by);
}

enum part { OF_TARGET, OF_SOURCE, OF_ACCOUNT };

static bool concerns(const struct case_step *step, enum part part, struct bytes value)
{
    if (part == OF_TARGET)
        return same(step->target, value) || has(&step->targets, value);
    if (part == OF_SOURCE)
        return same(step->source, value) || has(&step->sources, value);
    return same(step->account, value) || has(&step->accounts, value);
}

/* The steps that a value stands in, and the first finding of each. */
static struct bytes cite(struct planner *by, const char *before, enum part part, struct bytes value)
{
    unsigned cited = 0;
    buffer_text(&by->text, before);
    for (uint32_t i = 0; i < by->record->step_count; i++) {
        const struct case_step *step = &by->record->steps[i];
        if (!concerns(step, part, value))
            continue;
        if (cited++ == 4) {
            buffer_text(&by->text, ", and more");
            break;
        }
        buffer_format(&by->text, "%s step %u (", cited > 1 ? "," : "", i + 1);
        escape_text(&by->text, step->tool);
        if (step->finding_count)
            buffer_text(&by->text, ", finding ");
        escape_text(&by->text,
                    step->finding_count ? bytes_of_text(step->findings[0]) : (struct bytes){0});
        buffer_byte(&by->text, ')');
    }
    if (!cited) {
        buffer_reset(&by->text);
        buffer_text(&by->text, "named in the case");
    }
    if (!cited) {
        buffer_reset(&by->text);
        buffer_text(&by->text, "named in the case");
    }
    return keep(by);
}

/* Memory goes first; then what the tools leave; then what was run. */
static struct bytes evidence_of(struct planner *by, struct bytes host)
{
    unsigned shown = 0;
    const char *last = NULL;
    buffer_text(&by->text, "memory; event logs");
    for (uint32_t i = 0; i < by->record->step_count; i++) {
        const struct case_step *step = &by->record->steps[i];
        const struct tool_facts *facts = facts_of(step->tool);
        if (!concerns(step, OF_TARGET, host))
            continue;
        if (facts && facts->leaves != last)
            buffer_format(&by->text, "; of %s: %s", facts->name, last = facts->leaves);
        for (uint32_t j = 0; j < step->ran.count && shown < SAVED_MAX; j++, shown++) {
            buffer_text(&by->text, shown ? "; " : "; what was run: ");
            escape_text(&by->text, step->ran.items[j]);
        }
    }
    return keep(by);
}

/* --- Actions --- */

static void add(struct planner *by, struct plan_action action)
{
    by->actions[by->count++] = action;
}

static void leave_out(struct planner *by, struct bytes value)
{
    by->left_out[by->left_out_count++] = say(by, "", value, "");
}

static void add_calls(struct planner *by, const struct ledger_verdict *verdict,
                      const struct ledger_people *people)
{
    const char *names[][3] = {{"Call who ordered the test: ", people ? people->orderer : NULL,
                               people ? people->orderer_contact : NULL},
                              {"Call the testers: ", people ? people->testers : NULL,
                               people ? people->testers_contact : NULL}};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        buffer_text(&by->text, names[i][0]);
        escape_text(&by->text, bytes_of_text(names[i][1] ? names[i][1] : "(see the engagement)"));
        if (names[i][2]) {
            buffer_text(&by->text, ", ");
            escape_text(&by->text, bytes_of_text(names[i][2]));
        }
        const struct bytes what = keep(by);
        add(by, (struct plan_action){
                    .kind = PLAN_CALL,
                    .what = what,
                    .why = say(by, "engagement ", bytes_of_text(verdict->engagement), "")});
    }
}

static bool is_target(const struct planner *by, struct bytes value)
{
    for (uint32_t i = 0; i < by->record->step_count; i++)
        if (concerns(&by->record->steps[i], OF_TARGET, value))
            return true;
    return false;
}

static void add_source(struct planner *by, struct bytes source)
{
    if (!is_host(source)) {
        leave_out(by, source);
        return;
    }
    if (is_target(by, source)) /* a host of the case, which has an action of its own */
        return;
    add(by, (struct plan_action){
                .kind = PLAN_SOURCE,
                .what = say(by, "Cut ", source, " off, at the firewall or VPN, both ways"),
                .why = cite(by, "the intruder comes from it:", OF_SOURCE, source),
                .save = say(by,
                            "memory and disk of that machine if it is yours; firewall, VPN and "
                            "DHCP logs of ",
                            source, ""),
                .breaks = bytes_of_text("whatever else uses that address: a VPN pool or a gateway "
                                        "may stand for many"),
                .undo = bytes_of_text("take the block out again")});
}

/* How a host is known to be a domain controller or Exchange; NULL: it is taken for neither. */
static const char *guard_reason(const struct planner *by, const struct case_step *step)
{
    for (uint32_t i = 0; i < by->record->step_count; i++)
        if (shows_directory(&by->record->steps[i]) &&
            concerns(&by->record->steps[i], OF_TARGET, step->target))
            return "a domain controller, as the case shows; ";
    if (is_named_as_controller(step->target))
        return "perhaps a domain controller: only its name hints at it, make sure; ";
    if (is_named_as_exchange(step->target))
        return "perhaps an Exchange server: only its name hints at it, make sure; ";
    return NULL;
}

static void add_host(struct planner *by, const struct case_step *step)
{
    const char *guard = guard_reason(by, step);
    if (!is_host(step->target)) {
        leave_out(by, step->target);
        return;
    }
    buffer_text(&by->text, guard ? guard : "");
    const struct bytes why = cite(by, "reached in", OF_TARGET, step->target);
    const struct bytes save = evidence_of(by, step->target);
    if (guard)
        add(by, (struct plan_action){
                    .kind = PLAN_GUARD,
                    .what = say(by, "Leave ", step->target,
                                " in service: end the sessions, let in only administrators' "
                                "machines for administration, watch it"),
                    .why = why,
                    .save = save,
                    .breaks = bytes_of_text("administration from elsewhere; to isolate it would "
                                            "break logons or mail for all"),
                    .undo = bytes_of_text("open administration again")});
    else
        add(by,
            (struct plan_action){
                .kind = PLAN_HOST,
                .what = say(by, "Isolate ", step->target, " from all but your own station"),
                .why = why,
                .save = save,
                .breaks = bytes_of_text("every service of that host"),
                .undo = bytes_of_text("end the isolation, once it was examined or built anew")});
}

/* The one that was reached last comes first; a host is reached when it is first a target. */
static void add_hosts(struct planner *by)
{
    const struct case_record *record = by->record;
    for (uint32_t i = record->step_count; i-- > 0;) {
        const struct bytes target = record->steps[i].target;
        bool is_first = true;
        for (uint32_t j = 0; j < i && is_first; j++)
            is_first = !concerns(&record->steps[j], OF_TARGET, target);
        if (target.length && is_first)
            add_host(by, &record->steps[i]);
    }
}

static void add_account(struct planner *by, struct bytes account)
{
    if (is_nobody(account))
        return;
    if (!is_account(account)) {
        leave_out(by, account);
        return;
    }
    const bool is_machine = account.data[account.length - 1] == '$';
    add(by,
        (struct plan_action){
            .kind = PLAN_ACCOUNT,
            .what = is_machine ? say(by, "Reset the machine password of ", account, "")
                               : say(by, "Disable ", account,
                                     ", reset its password, purge its tickets on every host above"),
            .why = cite(by, "used in", OF_ACCOUNT, account),
            .save = bytes_of_text("its group memberships, last logons and delegations"),
            .breaks = is_machine ? bytes_of_text("the machine's trust until it has joined again")
                                 : bytes_of_text("services, tasks and people that use it"),
            .undo = bytes_of_text("enable it again; the old password does not come back")});
}

static void add_secrets(struct planner *by)
{
    const struct case_record *record = by->record;
    bool takes_key = false;
    for (uint32_t i = 0; i < record->step_count; i++) {
        const struct case_step *step = &record->steps[i];
        const enum takes takes = taken_by(step);
        takes_key |= takes == TAKES_DIRECTORY || takes == TAKES_TICKETS;
        bool is_again = false;
        for (uint32_t j = 0; j < i && !is_again; j++)
            is_again =
                same(record->steps[j].target, step->target) && taken_by(&record->steps[j]) == takes;
        if (is_again || !is_host(step->target))
            continue;
        if (takes == TAKES_HOST || takes == TAKES_ACCOUNTS)
            add(by, (struct plan_action){
                        .kind = PLAN_SECRETS,
                        .what = say(by,
                                    takes == TAKES_HOST
                                        ? "Change the passwords of local accounts, services, tasks "
                                          "and cached logons of "
                                        : "Change the passwords of the service accounts whose "
                                          "tickets were asked of ",
                                    step->target, ""),
                        .why = cite(by, "its secrets were taken; see", OF_TARGET, step->target),
                        .breaks = bytes_of_text("services that know the old password"),
                        .undo = bytes_of_text("none: what was taken stays taken")});
    }
    for (unsigned i = 0; takes_key && i < 2; i++)
        add(by,
            (struct plan_action){
                .kind = PLAN_KRBTGT,
                .what = bytes_of_text(
                    i ? "Change krbtgt's password again, after the life of a ticket (10 hours "
                        "by default) and when all domain controllers have replicated"
                      : "Change krbtgt's password, in each domain that is concerned"),
                .why = bytes_of_text("with the directory's secrets or a forged ticket he can "
                                     "make tickets for anybody; the last two keys are valid"),
                .breaks = bytes_of_text(i ? "tickets that are older than the first change"
                                          : "nothing, as long as it is done once and replicates"),
                .undo = bytes_of_text("none")});
}

static void add_containment(struct planner *by)
{
    const struct case_record *record = by->record;
    for (uint32_t i = 0; i < record->sources.count; i++)
        add_source(by, record->sources.items[i]);
    add_hosts(by);
    for (uint32_t i = 0; i < record->accounts.count; i++)
        add_account(by, record->accounts.items[i]);
    add_secrets(by);
}

enum status plan_make(const struct case_record *record, const struct ledger_verdict *verdict,
                      const struct ledger_people *people, struct arena *arena, struct plan *plan,
                      struct fault *fault)
{
    const size_t room = (size_t)record->sources.count + record->accounts.count +
                        2 * (size_t)record->step_count + ACTIONS_MORE;
    struct planner by = {
        .record = record,
        .arena = arena,
        .actions = arena_take_array(arena, room, sizeof(*by.actions)),
        .left_out = arena_take_array(arena, room, sizeof(*by.left_out)),
    };
    if (!by.actions || !by.left_out)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a plan");
    if (verdict->engagement && verdict->standing != LEDGER_UNCOVERED)
        add_calls(&by, verdict, people);
    if (verdict->standing != LEDGER_COVERED)
        add_containment(&by);
    buffer_release(&by.text);
    if (by.failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a plan");
    *plan = (struct plan){.record = record,
                          .standing = verdict->standing,
                          .actions = by.actions,
                          .count = by.count,
                          .left_out = by.left_out,
                          .left_out_count = by.left_out_count};
    return STATUS_OK;
}
