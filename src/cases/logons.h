/* Who came from where, by the key of a logon (its host and id) or of a connection: kept for the
 * keys that were asked for. */
#ifndef IMPOUND_CASES_LOGONS_H
#define IMPOUND_CASES_LOGONS_H

#include "base/flow.h"
#include "base/instant.h"
#include "cases/hosts.h"

/* Texts are numbers of the caller's. */
struct logon {
    struct instant time;
    text_id account;
    host_id source;
    text_id client; /* what the client called itself */
};

struct logons;

/* NULL without memory. */
struct logons *logons_new(void);
void logons_free(struct logons *logons);

/* The key of a logon id on a host, as the log names it, and of a connection; 0: none. Keys differ
 * from run to run. */
uint64_t logons_key(const struct logons *logons, struct bytes host, uint64_t id);
uint64_t logons_flow_key(const struct logons *logons, const struct flow_id *flow);

/* The key will be asked for. */
void logons_want(struct logons *logons, uint64_t key);

bool logons_is_wanted(const struct logons *logons, uint64_t key);

/* Keeps the logon when its key is wanted. To be called in the order of time. */
void logons_add(struct logons *logons, uint64_t key, struct logon logon);

/* The last logon of this key at or before `time`, else the first behind it; NULL: none. */
const struct logon *logons_find(const struct logons *logons, uint64_t key, struct instant time);

uint64_t logons_left_out(const struct logons *logons);

#endif
