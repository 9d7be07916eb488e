#include "cases/hosts.h"

#include "base/address.h"

#include <stdlib.h>
#include <strings.h>

#define HOSTS_MAX      (1U << 17)
#define HOST_BYTES_MAX ((size_t)8 << 20)

void hosts_init(struct hosts *hosts)
{
    *hosts = (struct hosts){0};
    texts_init(&hosts->texts, true, HOSTS_MAX, HOST_BYTES_MAX);
}

void hosts_release(struct hosts *hosts)
{
    texts_release(&hosts->texts);
    free(hosts->links);
    *hosts = (struct hosts){0};
}

static bool begins(struct bytes text, const char *with)
{
    const size_t length = strlen(with);
    return text.length >= length && strncasecmp((const char *)text.data, with, length) == 0;
}

/* Without leading backslashes, an IPv4-mapped address's prefix, and a final dot. */
static struct bytes bare(struct bytes text)
{
    while (text.length && text.data[0] == '\\')
        text = bytes_of(text.data + 1, text.length - 1);
    if (begins(text, "::ffff:") && memchr(text.data, '.', text.length))
        text = bytes_of(text.data + 7, text.length - 7);
    if (text.length && text.data[text.length - 1] == '.')
        text.length--;
    return text;
}

static bool is_itself(struct bytes text)
{
    static const char *const selves[] = {"-", "::1", "localhost", "0.0.0.0", "::", "LOCAL"};
    for (size_t i = 0; i < COUNT_OF(selves); i++)
        if (text_same(text, bytes_of_text(selves[i])))
            return true;
    return begins(text, "127.");
}

static bool is_address(struct bytes text)
{
    struct address address;
    return address_parse(text, &address);
}

bool hosts_is_address(const struct hosts *hosts, host_id id)
{
    return is_address(hosts_text(hosts, id));
}

host_id hosts_seen(struct hosts *hosts, struct bytes text)
{
    text = bare(text);
    if (!text.length || is_itself(text))
        return 0;
    const host_id id = texts_intern(&hosts->texts, text);
    if (id >= hosts->room) {
        const uint32_t room = hosts->room ? hosts->room * 2 : 256;
        struct host_link *links = realloc(hosts->links, room * sizeof(*links));
        if (!links)
            return 0;
        memset(links + hosts->room, 0, (room - hosts->room) * sizeof(*links));
        hosts->links = links;
        hosts->room = room;
    }
    for (unsigned trust = 0; id && trust < HOST_TRUSTS; trust++)
        if (!hosts->links[id].up[trust])
            hosts->links[id].up[trust] = id;
    return id;
}

static struct bytes first_label(struct bytes name)
{
    const uint8_t *dot = memchr(name.data, '.', name.length);
    return dot ? bytes_of(name.data, (size_t)(dot - name.data)) : name;
}

void hosts_bind(struct hosts *hosts, host_id name, host_id address, enum host_trust trust)
{
    if (!name || !address || hosts_is_address(hosts, name) || !hosts_is_address(hosts, address))
        return;
    struct host_link *link = &hosts->links[address];
    if (!link->bound[trust]) {
        link->bound[trust] = name;
        return;
    }
    const struct bytes known = hosts_text(hosts, link->bound[trust]);
    const struct bytes said = hosts_text(hosts, name);
    if (!text_same(first_label(known), first_label(said)))
        link->is_shared = true;
    else if (said.length > known.length)
        link->bound[trust] = name;
}

static host_id root_of(const struct hosts *hosts, host_id id, enum host_trust trust)
{
    while (id && hosts->links[id].up[trust] != id)
        id = hosts->links[id].up[trust];
    return id;
}

host_id hosts_root(const struct hosts *hosts, host_id id)
{
    return root_of(hosts, id, HOST_CLAIMED);
}

host_id hosts_proven(const struct hosts *hosts, host_id id)
{
    return root_of(hosts, id, HOST_PROVEN);
}

/* A full name says most, then a name, then an address; among equals the smallest. */
static unsigned rank(const struct hosts *hosts, host_id id)
{
    const struct bytes text = hosts_text(hosts, id);
    return is_address(text) ? 0 : memchr(text.data, '.', text.length) ? 2 : 1;
}

static void join(struct hosts *hosts, host_id one, host_id other, enum host_trust trust)
{
    one = root_of(hosts, one, trust);
    other = root_of(hosts, other, trust);
    if (!one || !other || one == other)
        return;
    const unsigned one_rank = rank(hosts, one), other_rank = rank(hosts, other);
    const bool is_one = one_rank != other_rank
                            ? one_rank > other_rank
                            : bytes_compare(hosts_text(hosts, one), hosts_text(hosts, other)) < 0;
    hosts->links[is_one ? other : one].up[trust] = is_one ? one : other;
}

/* What is proven is good for stories, too. */
void hosts_join(struct hosts *hosts, host_id one, host_id other)
{
    join(hosts, one, other, HOST_PROVEN);
    join(hosts, one, other, HOST_CLAIMED);
}

/* Finds for each first label the one full name. */
static void labels_look(struct hosts *hosts)
{
    for (host_id id = 1; id < hosts->texts.count; id++) {
        const struct bytes name = hosts_text(hosts, id);
        const struct bytes label = first_label(name);
        if (label.length == name.length || is_address(name))
            continue;
        const host_id found = texts_find(&hosts->texts, label);
        if (!found)
            continue;
        if (hosts->links[found].full)
            hosts->links[found].is_shared = true;
        hosts->links[found].full = id;
    }
}

void hosts_settle(struct hosts *hosts)
{
    labels_look(hosts);
    for (host_id id = 1; id < hosts->texts.count; id++) {
        const struct host_link *link = &hosts->links[id];
        if (link->is_shared)
            continue;
        hosts_join(hosts, id, link->full);
        hosts_join(hosts, id, link->bound[HOST_PROVEN]);
        if (!link->bound[HOST_PROVEN])
            join(hosts, id, link->bound[HOST_CLAIMED], HOST_CLAIMED);
    }
}
