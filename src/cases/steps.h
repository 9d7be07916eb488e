/* Sightings, in the order of time, to steps: one run of one tool against one target.
 *
 * A sighting belongs to the step of its logon or connection; else to one against the same host that
 * agrees with it in source and account and ended a short while ago. Sightings that name a tool make
 * steps of that tool; what shows the library alone joins the step beside it, and is a step of its
 * own only when there is none. What is weak never is one.
 *
 * Tools of other makers have steps of their own, which join a case; only those that are strong
 * begin one. */
#ifndef IMPOUND_CASES_STEPS_H
#define IMPOUND_CASES_STEPS_H

#include "cases/hosts.h"
#include "cases/meanings.h"
#include "cases/sighting.h"

#define STEPS_GONE UINT32_MAX

/* A list of nodes in the pool. */
struct node_list {
    uint32_t head, tail, count;
};

struct node {
    uint32_t next; /* + 1 */
    union {
        uint8_t id[16]; /* of a finding */
        struct {
            uint32_t rule, count;
        } observation;
        uint32_t number; /* of a host or a text */
    };
};

struct step {
    struct instant first, last;
    struct tool_set tools; /* one of them it was, when `is_named` */
    bool is_used, is_open, is_named, concludes, is_ticket;
    bool is_others;                    /* of tools of other makers */
    bool founds;                       /* a case may begin with it */
    host_id target, source;            /* roots; 0: unknown */
    text_id account;                   /* 0: unknown */
    uint32_t next_target, next_source; /* newer before older, + 1 */
    uint32_t serial;
    uint32_t wire_findings, log_findings, findings_left_out;
    struct node_list findings, observations, targets, sources, accounts, ran, clients;
};

/* A sighting, resolved. */
struct seen {
    const struct sighting *sighting;
    const struct meaning *meaning;
    struct instant time;    /* by the reference clock */
    host_id host, from;     /* as it says */
    host_id target, source; /* roots */
    text_id account, ran, client;
};

struct steps {
    const struct hosts *hosts;
    const struct texts *accounts;
    struct step *items;
    uint32_t count, room;
    uint32_t free_head; /* of those that may be used again, + 1, linked by next_target */
    struct node *nodes;
    uint32_t node_count, node_room, node_free;
    uint32_t *by_target, *by_source; /* newest open step of a root, + 1 */
    struct key_entry *keys;
    uint32_t key_size, key_count;
    uint32_t serial;
    uint32_t fed;
    uint64_t left_out; /* sightings */
};

/* Behind hosts_settle: roots must not change any more. False without memory. */
bool steps_init(struct steps *steps, const struct hosts *hosts, const struct texts *accounts);
void steps_release(struct steps *steps);

/* In the order of time. */
void steps_feed(struct steps *steps, const struct seen *seen);

/* Joins what stayed apart, and drops what is weak: steps with `is_used` are left. */
void steps_finish(struct steps *steps);

static inline const struct node *steps_node(const struct steps *steps, uint32_t at)
{
    return at ? &steps->nodes[at - 1] : NULL;
}

/* Whether two accounts may be one: the same name, and no two different domains. */
bool account_same(struct bytes one, struct bytes other);

/* Whether an account is only known by its SID, which may be anybody's. */
bool account_is_sid(struct bytes account);

/* Whether an account says nothing of who it was: a machine's, the system's, anonymous, none. */
bool account_is_generic(struct bytes account);

/* How much an account says: nothing, a SID, a name, a name in a realm, a name in a domain. */
unsigned account_rank(struct bytes account);

#endif
