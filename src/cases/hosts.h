/* Which names and addresses are one host.
 *
 * A full name and its first label are one when only one full name begins so. A name and an address
 * are one when evidence said so and never said that the address has another name: an address that
 * went from host to host joins nothing.
 *
 * A name that a host gives itself is a claim. It is good enough to tell a story with, and not to be
 * covered by an engagement: anybody may call himself after a tester's machine. */
#ifndef IMPOUND_CASES_HOSTS_H
#define IMPOUND_CASES_HOSTS_H

#include "cases/texts.h"

typedef text_id host_id; /* of a name or address; 0: unknown */

enum host_trust {
    HOST_CLAIMED, /* what hosts say of themselves counts, too */
    HOST_PROVEN,  /* what a name server, a domain controller or a log says of them */
    HOST_TRUSTS
};

struct host_link {
    host_id up[HOST_TRUSTS];    /* in the unions; itself at the root */
    host_id bound[HOST_TRUSTS]; /* of an address: its name */
    host_id full;               /* of a first label: the full name */
    bool is_shared; /* of an address: it has several names; of a label: several full names */
};

struct hosts {
    struct texts texts;
    struct host_link *links; /* by id */
    uint32_t room;
};

void hosts_init(struct hosts *hosts);
void hosts_release(struct hosts *hosts);

/* The id of a name or address, without what stands around it; 0 for the machine itself (loopback),
 * for nothing, and past the limit. */
host_id hosts_seen(struct hosts *hosts, struct bytes text);

/* Evidence says that `name` has `address`. */
void hosts_bind(struct hosts *hosts, host_id name, host_id address, enum host_trust trust);

/* Joins what belongs together; ids seen later stand alone. */
void hosts_settle(struct hosts *hosts);

/* Two are one, proven, whatever else is known; behind hosts_settle. */
void hosts_join(struct hosts *hosts, host_id one, host_id other);

/* The same for all that are one host. */
host_id hosts_root(const struct hosts *hosts, host_id id);

/* The same for all that are proven to be one host. */
host_id hosts_proven(const struct hosts *hosts, host_id id);

/* Whether the text of the id is an address. */
bool hosts_is_address(const struct hosts *hosts, host_id id);

static inline struct bytes hosts_text(const struct hosts *hosts, host_id id)
{
    return texts_at(&hosts->texts, id);
}

#endif
