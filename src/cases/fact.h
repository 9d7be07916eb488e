/* What cases need of events that no rule needs to see: a line of a log or an event of a capture
 * that says who came from where, or which name has which address. */
#ifndef IMPOUND_CASES_FACT_H
#define IMPOUND_CASES_FACT_H

#include "cases/cases.h"

/* In the order in which they are sorted: what was seen on the wire comes before what logs say. */
enum fact_kind {
    FACT_AUTHENTICATION = 'A', /* on the wire: address and port came to `host` as `account` */
    FACT_NAME = 'N',           /* `name` has `address` */
    FACT_LOGON = 'S',          /* in a log: address and port came to `host` as `account` */
    FACT_TOUCH = 'T',          /* in a log: address and port did something on `host` */
};

/* Texts are empty when unknown. */
struct fact {
    enum fact_kind kind;
    struct instant time;
    struct flow_id flow; /* of FACT_AUTHENTICATION */
    uint16_t port;       /* of `address`; 0: unknown */
    uint64_t logon;      /* of FACT_LOGON: TargetLogonId */
    struct bytes host, account, address;
    struct bytes sid;  /* of the account; of FACT_LOGON */
    struct bytes name; /* what the client, of FACT_AUTHENTICATION the server, calls itself */
};

/* Appends the fact as bytes, which order by kind, then time, then the rest. */
void case_fact_write(const struct fact *fact, struct buffer *to);

/* Reads what case_fact_write wrote, all of it; the texts point into `packed`. */
enum status case_fact_read(struct bytes packed, struct fact *fact, struct fault *fault) MUST_CHECK;

#endif
