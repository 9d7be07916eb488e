#include "flow.h"

#include "readers/capture/keys/keys.h"

#include <stdlib.h>

#define BUCKETS_FIRST 256U
#define SECONDS_MAX   INT64_C(9000000000) /* what fits in 63 bits of ns */

struct lane *lane_new(const struct wire_protocol *const *protocols, const struct secrets *secrets)
{
    struct lane *lane = calloc(1, sizeof(*lane));
    if (!lane)
        return NULL;
    lane->wire =
        (struct wire_lane){.protocols = protocols, .losses = &lane->losses, .facts = &lane->facts};
    lane->bucket_count = BUCKETS_FIRST;
    lane->buckets = calloc(lane->bucket_count, sizeof(struct flow *));
    lane->fragments = fragments_new();
    lane->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    lane->digest = EVP_MD_CTX_new();
    if (secrets)
        lane->wire.keys = wire_keys_new(secrets);
    if ((secrets && !lane->wire.keys) || !lane->buckets || !lane->fragments || !lane->sha1 ||
        !lane->digest) {
        lane_free(lane);
        return NULL;
    }
    return lane;
}

void lane_logs(struct lane *lane, const struct secrets *secrets, struct tls_keylog *const *logs,
               size_t count)
{
    if (!lane->wire.keys)
        lane->wire.keys = wire_keys_new(secrets);
    if (lane->wire.keys)
        wire_keys_logs(lane->wire.keys, logs, count);
}

void lane_free(struct lane *lane)
{
    if (!lane)
        return;
    for (unsigned list = 0; list < LIST_COUNT; list++)
        while (lane->oldest[list])
            table_remove(lane, lane->oldest[list]);
    fragments_free(lane->fragments, NULL);
    facts_release(&lane->facts);
    wire_keys_free(lane->wire.keys);
    EVP_MD_CTX_free(lane->digest);
    EVP_MD_free(lane->sha1);
    free(lane->buckets);
    free(lane);
}

const struct losses *lane_losses(const struct lane *lane)
{
    return &lane->losses;
}

static int64_t nanoseconds(struct instant time)
{
    int64_t seconds = time.seconds;
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    if (seconds < -SECONDS_MAX)
        seconds = -SECONDS_MAX;
    return seconds * SECOND_NS + time.nanos;
}

static struct load load_of(const struct lane *lane, const struct packet *packet, const uint8_t *ip)
{
    const bool is_4 = packet->version == 4;
    return (struct load){
        .source = ip + (is_4 ? 12 : 8),
        .target = ip + (is_4 ? 16 : 24),
        .address_length = is_4 ? 4 : 16,
        .protocol = packet->protocol,
        .pair = packet->pair,
        .place = {.time = packet->time, .packet = packet->number, .offset = packet->offset},
        .now = lane->now,
        .data = ip + packet->payload,
        .captured = packet->captured - packet->payload,
        .original = packet->original - packet->payload,
        .ip_bytes = packet->original,
    };
}

void lane_packet(struct lane *lane, struct wire_output *output, const struct packet *packet,
                 const uint8_t *ip)
{
    lane->wire.output = output;
    if (instant_is_known(packet->time))
        lane->now = nanoseconds(packet->time);
    table_expire(lane);
    struct load load = load_of(lane, packet, ip);
    const bool is_fragment = packet->protocol == PROTOCOL_FRAGMENT;
    if (is_fragment && !fragment_take(lane, packet, ip, &load))
        return;
    if (load.protocol == PROTOCOL_TCP)
        tcp_packet(lane, &load);
    else if (load.protocol == PROTOCOL_UDP)
        udp_packet(lane, &load);
    else if (is_fragment)
        losses_add(&lane->losses, LOSS_OTHER, "ip",
                   "packets in fragments that are neither TCP nor UDP, not followed", 0,
                   packet->number);
    table_evict(lane);
}

void lane_end(struct lane *lane, struct wire_output *output)
{
    lane->wire.output = output;
    for (unsigned list = 0; list < LIST_COUNT; list++)
        while (lane->oldest[list])
            table_remove(lane, lane->oldest[list]);
    fragments_free(lane->fragments, &lane->losses);
    lane->fragments = NULL;
}
