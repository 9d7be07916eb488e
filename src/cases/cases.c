#include "cases/cases.h"

#include "cases/campaigns.h"
#include "cases/fact.h"
#include "cases/record.h"

#include "findings/sorter.h"

#include <stdio.h>
#include <stdlib.h>

#define SORTER_MEMORY  ((size_t)2 << 20)
#define TEXTS_MAX      (1U << 17)
#define TEXT_BYTES_MAX ((size_t)8 << 20)
#define NOTES_MAX      8
#define NOTE_MAX       160

struct cases {
    struct meanings meanings;
    struct sorter *facts;     /* by kind and time */
    struct sorter *sightings; /* by the time that the finding says */
    struct sorter *ordered;   /* by the reference clock's time */
    struct sighting_maker *maker;
    struct logons *logons;
    struct clocks *clocks;
    struct hosts hosts;
    struct texts accounts, ran;
    text_id *sid_accounts; /* by the number of a SID in `accounts`, as far as `sid_room` */
    uint32_t sid_room;
    struct steps steps;
    struct campaigns campaigns;
    struct recorder recorder;
    struct buffer packed;
    char notes[NOTES_MAX][NOTE_MAX];
    uint32_t note_count;
};

struct cases *cases_new(const struct ruleset *ruleset, const enum sigma_level *levels,
                        const char *directory)
{
    struct cases *cases = calloc(1, sizeof(*cases));
    if (!cases)
        return NULL;
    hosts_init(&cases->hosts);
    texts_init(&cases->accounts, true, TEXTS_MAX, TEXT_BYTES_MAX);
    texts_init(&cases->ran, false, TEXTS_MAX, TEXT_BYTES_MAX);
    cases->facts = sorter_new(SORTER_MEMORY, directory);
    cases->sightings = sorter_new(SORTER_MEMORY, directory);
    cases->ordered = sorter_new(SORTER_MEMORY, directory);
    cases->logons = logons_new();
    cases->clocks = clocks_new();
    cases->maker = cases->logons ? sighting_maker_new(cases->logons) : NULL;
    const bool is_whole = meanings_init(&cases->meanings, ruleset, levels) && cases->facts &&
                          cases->sightings && cases->ordered && cases->clocks && cases->maker;
    if (is_whole)
        return cases;
    cases_free(cases);
    return NULL;
}

void cases_free(struct cases *cases)
{
    if (!cases)
        return;
    recorder_release(&cases->recorder);
    campaigns_release(&cases->campaigns);
    steps_release(&cases->steps);
    meanings_release(&cases->meanings);
    hosts_release(&cases->hosts);
    texts_release(&cases->accounts);
    free(cases->sid_accounts);
    texts_release(&cases->ran);
    sorter_free(cases->facts);
    sorter_free(cases->sightings);
    sorter_free(cases->ordered);
    sighting_maker_free(cases->maker);
    logons_free(cases->logons);
    clocks_free(cases->clocks);
    buffer_release(&cases->packed);
    free(cases);
}

bool cases_are_possible(const struct cases *cases)
{
    for (uint32_t rule = 0; rule < cases->meanings.count; rule++)
        if (cases->meanings.items[rule].counts)
            return true;
    return false;
}

/* --- While evidence is read --- */

enum status cases_fact(struct cases *cases, struct bytes fact, struct fault *fault)
{
    return sorter_add(cases->facts, fact, fault);
}

static enum status packed_add(struct cases *cases, struct sorter *to,
                              const struct sighting *sighting, struct fault *fault)
{
    buffer_reset(&cases->packed);
    sighting_write(sighting, &cases->packed);
    if (cases->packed.failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a case");
    return sorter_add(to, buffer_view(&cases->packed), fault);
}

/* The connection that a log's finding shows may be one of a capture. */
static enum status touch_add(struct cases *cases, const struct sighting *sighting,
                             struct fault *fault)
{
    const struct fact fact = {.kind = FACT_TOUCH,
                              .time = sighting->time,
                              .port = sighting->port,
                              .host = sighting->host,
                              .address = sighting->source};
    buffer_reset(&cases->packed);
    case_fact_write(&fact, &cases->packed);
    return cases_fact(cases, buffer_view(&cases->packed), fault);
}

enum status cases_finding(struct cases *cases, const struct finding *finding, uint32_t rule,
                          struct fault *fault)
{
    if (!cases->meanings.items[rule].counts)
        return STATUS_OK;
    const struct rule_info *info = ruleset_info(cases->meanings.ruleset, rule);
    const struct sighting *sighting = sighting_make(cases->maker, finding, info, rule);
    hosts_seen(&cases->hosts, sighting->host);
    hosts_seen(&cases->hosts, sighting->source);
    if (account_is_sid(sighting->account))
        texts_intern(&cases->accounts, sighting->account);
    logons_want(cases->logons, sighting->logon);
    logons_want(cases->logons, sighting->flow);
    const enum status status = packed_add(cases, cases->sightings, sighting, fault);
    return status || !sighting->port ? status : touch_add(cases, sighting, fault);
}

/* --- Facts: the wire first, then names, logons, touches --- */

/* Keeps whose SID it is, when a finding has only the SID. */
static void sid_learn(struct cases *cases, const struct fact *fact)
{
    const text_id sid = texts_find(&cases->accounts, fact->sid);
    if (!sid || !account_is_sid(fact->sid) || !fact->account.length)
        return;
    if (sid >= cases->sid_room) {
        const uint32_t room = sid + 256;
        text_id *grown = realloc(cases->sid_accounts, room * sizeof(*grown));
        if (!grown)
            return;
        memset(grown + cases->sid_room, 0, (room - cases->sid_room) * sizeof(*grown));
        cases->sid_accounts = grown;
        cases->sid_room = room;
    }
    if (!cases->sid_accounts[sid])
        cases->sid_accounts[sid] = texts_intern(&cases->accounts, fact->account);
}

static text_id sid_account(const struct cases *cases, text_id account)
{
    const text_id known = account < cases->sid_room ? cases->sid_accounts[account] : 0;
    return known ? known : account;
}

static enum status fact_use(void *context, struct bytes packed, struct fault *fault)
{
    struct cases *cases = context;
    struct fact fact;
    const enum status status = case_fact_read(packed, &fact, fault);
    if (status)
        return status;
    const host_id address = hosts_seen(&cases->hosts, fact.address);
    const host_id name = hosts_seen(&cases->hosts, fact.name);
    if (fact.kind == FACT_NAME) {
        hosts_bind(&cases->hosts, name, address, HOST_PROVEN);
        return STATUS_OK;
    }
    const host_id host = hosts_seen(&cases->hosts, fact.host);
    if (fact.kind == FACT_TOUCH) {
        clocks_touch(cases->clocks, address, fact.port, host, fact.time);
        return STATUS_OK;
    }
    sid_learn(cases, &fact);
    const bool is_wire = fact.kind == FACT_AUTHENTICATION;
    const uint64_t key = is_wire ? logons_flow_key(cases->logons, &fact.flow)
                                 : logons_key(cases->logons, fact.host, fact.logon);
    struct logon logon = {.time = fact.time, .source = address};
    if (logons_is_wanted(cases->logons, key)) {
        logon.account = texts_intern(&cases->accounts, fact.account);
        logon.client = is_wire ? 0 : texts_intern(&cases->ran, fact.name);
        logons_add(cases->logons, key, logon);
    }
    if (is_wire) {
        hosts_bind(&cases->hosts, name, host, HOST_CLAIMED);
        clocks_wire(cases->clocks, address, fact.port, host, fact.time);
    } else {
        clocks_logon(cases->clocks, address, fact.port, host, fact.time);
    }
    return STATUS_OK;
}

/* --- Sightings, once to set their clocks right, once to make steps of them --- */

static enum status sighting_reorder(void *context, struct bytes packed, struct fault *fault)
{
    struct cases *cases = context;
    struct sighting sighting;
    const enum status status = sighting_read(packed, &sighting, fault);
    if (status || sighting.is_wire)
        return status ? status : sorter_add(cases->ordered, packed, fault);
    const host_id host = hosts_seen(&cases->hosts, sighting.host);
    const struct clock clock = clocks_of(cases->clocks, hosts_root(&cases->hosts, host));
    if (!clock.is_known)
        return sorter_add(cases->ordered, packed, fault);
    sighting.time = clock_set_right(&clock, sighting.time);
    return packed_add(cases, cases->ordered, &sighting, fault);
}

/* What the sighting leaves open its logon or connection says. */
static void seen_complete(struct cases *cases, struct seen *seen)
{
    const struct sighting *sighting = seen->sighting;
    const struct logon *logon = logons_find(
        cases->logons, sighting->is_wire ? sighting->flow : sighting->logon, sighting->time);
    if (!logon)
        return;
    if (!seen->from)
        seen->from = logon->source;
    if (account_is_generic(texts_at(&cases->accounts, seen->account)) && logon->account)
        seen->account = logon->account;
    /* What a host logs of itself says nothing of a client. */
    const host_id client = texts_find(&cases->hosts.texts, texts_at(&cases->ran, logon->client));
    if (!client || hosts_root(&cases->hosts, client) != hosts_root(&cases->hosts, seen->host))
        seen->client = logon->client;
}

static enum status sighting_use(void *context, struct bytes packed, struct fault *fault)
{
    struct cases *cases = context;
    struct sighting sighting;
    const enum status status = sighting_read(packed, &sighting, fault);
    if (status)
        return status;
    struct seen seen = {.sighting = &sighting,
                        .meaning = &cases->meanings.items[sighting.rule],
                        .time = sighting.time,
                        .host = hosts_seen(&cases->hosts, sighting.host),
                        .from = hosts_seen(&cases->hosts, sighting.source),
                        .account = texts_intern(&cases->accounts, sighting.account),
                        .ran = texts_intern(&cases->ran, sighting.ran)};
    seen.account = sid_account(cases, seen.account);
    seen_complete(cases, &seen);
    seen.target = hosts_root(&cases->hosts, seen.host);
    seen.source = hosts_root(&cases->hosts, seen.from);
    if (seen.source == seen.target) {
        seen.source = 0;
        seen.from = 0;
    }
    steps_feed(&cases->steps, &seen);
    return STATUS_OK;
}

/* --- The end --- */

static void note(struct cases *cases, uint64_t count, const char *what)
{
    if (count && cases->note_count < NOTES_MAX)
        snprintf(cases->notes[cases->note_count++], NOTE_MAX, "cases: %llu %s",
                 (unsigned long long)count, what);
}

static void notes_write(struct cases *cases)
{
    note(cases, cases->steps.left_out, "findings are in no step, for want of room");
    note(cases, cases->hosts.texts.left_out, "names of hosts were too many to be joined");
    note(cases, cases->accounts.left_out + cases->ran.left_out, "texts were too many to be kept");
    note(cases, logons_left_out(cases->logons), "logons were too many to be kept");
    note(cases, clocks_left_out(cases->clocks), "pairs of clocks were too many to be kept");
}

static enum status steps_build(struct cases *cases, struct fault *fault)
{
    enum status status = sorter_merge(cases->facts, fact_use, cases, fault);
    if (status)
        return status;
    hosts_settle(&cases->hosts);
    clocks_settle(cases->clocks, &cases->hosts);
    if (!steps_init(&cases->steps, &cases->hosts, &cases->accounts))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for cases");
    status = sorter_merge(cases->sightings, sighting_reorder, cases, fault);
    if (status == STATUS_OK)
        status = sorter_merge(cases->ordered, sighting_use, cases, fault);
    if (status == STATUS_OK)
        steps_finish(&cases->steps);
    return status;
}

static enum status cases_give(struct cases *cases, case_sink *sink, void *context,
                              struct fault *fault)
{
    const struct campaigns *campaigns = &cases->campaigns;
    enum status status = STATUS_OK;
    for (uint32_t at = 0; status == STATUS_OK && at < campaigns->count; at++) {
        const uint32_t begin = campaigns->begins[at];
        const struct case_record *record = record_make(&cases->recorder, campaigns->steps + begin,
                                                       campaigns->begins[at + 1] - begin);
        status = record ? sink(context, record, fault)
                        : fault_set(fault, STATUS_MEMORY, 0, "no memory for a case");
    }
    return status;
}

enum status cases_finish(struct cases *cases, case_sink *sink, void *context, struct fault *fault)
{
    const enum status status = steps_build(cases, fault);
    if (status)
        return status;
    notes_write(cases);
    cases->recorder.attribution =
        (struct attribution){&cases->steps, &cases->meanings, &cases->ran};
    cases->recorder.hosts = &cases->hosts;
    cases->recorder.clocks = cases->clocks;
    cases->recorder.accounts = &cases->accounts;
    cases->recorder.ran = &cases->ran;
    if (!campaigns_find(&cases->campaigns, &cases->steps) || !recorder_begin(&cases->recorder))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for cases");
    return cases_give(cases, sink, context, fault);
}

uint32_t cases_note_count(const struct cases *cases)
{
    return cases->note_count;
}

const char *cases_note(const struct cases *cases, uint32_t index)
{
    return index < cases->note_count ? cases->notes[index] : "";
}
