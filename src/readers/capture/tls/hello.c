#include "readers/capture/tls/hello.h"

enum extension {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_GROUPS = 10,
    EXTENSION_POINT_FORMATS = 11,
    EXTENSION_SIGNATURES = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_TICKET = 35,
    EXTENSION_SHARED_KEY = 41,
    EXTENSION_VERSIONS = 43,
    EXTENSION_KEY_SHARE = 51,
};

/* Takes a vector whose length stands before it in `width` bytes. */
static bool vector_take(struct cursor *at, unsigned width, struct bytes *vector)
{
    struct cursor ahead = *at;
    const uint8_t *head = cursor_take(&ahead, width);
    if (!head)
        return false;
    const size_t length = width == 1 ? head[0] : load_be16(head);
    const uint8_t *data = cursor_take(&ahead, length);
    if (!data)
        return false;
    *vector = bytes_of(data, length);
    *at = ahead;
    return true;
}

static struct bytes vector_in(struct bytes value, unsigned width)
{
    struct cursor at = cursor_over(value, 0);
    struct bytes vector;
    return vector_take(&at, width, &vector) ? vector : (struct bytes){0};
}

static struct bytes pairs_in(struct bytes value, unsigned width)
{
    const struct bytes vector = vector_in(value, width);
    return bytes_of(vector.data, vector.length & ~(size_t)1);
}

bool tls_extension_next(struct cursor *at, uint16_t *type, struct bytes *value)
{
    struct cursor ahead = *at;
    const uint8_t *head = cursor_take(&ahead, 2);
    if (!head || !vector_take(&ahead, 2, value))
        return false;
    *type = load_be16(head);
    *at = ahead;
    return true;
}

struct bytes tls_first_protocol(struct bytes protocols)
{
    return vector_in(protocols, 1);
}

/* A list of names: a type (0: host) and a length each (RFC 6066 3). */
static struct bytes first_name(struct bytes value)
{
    const struct bytes list = vector_in(value, 2);
    struct cursor at = cursor_over(list, 0);
    struct bytes name;
    const uint8_t *type;
    while ((type = cursor_take(&at, 1)) && vector_take(&at, 2, &name))
        if (*type == 0)
            return name;
    return (struct bytes){0};
}

static void extension_take(struct tls_hello *hello, bool is_client, uint16_t type,
                           struct bytes value)
{
    switch (type) {
    case EXTENSION_SERVER_NAME:
        hello->has_name = true;
        hello->server_name = first_name(value);
        break;
    case EXTENSION_GROUPS:
        hello->groups = pairs_in(value, 2);
        break;
    case EXTENSION_POINT_FORMATS:
        hello->formats = vector_in(value, 1);
        break;
    case EXTENSION_SIGNATURES:
        hello->signatures = pairs_in(value, 2);
        break;
    case EXTENSION_ALPN:
        hello->protocols = vector_in(value, 2);
        break;
    case EXTENSION_TICKET:
        hello->has_ticket = value.length > 0;
        break;
    case EXTENSION_SHARED_KEY:
        hello->has_shared_key = true;
        break;
    case EXTENSION_VERSIONS:
        hello->versions = is_client ? pairs_in(value, 1) : bytes_of(value.data, value.length & 2);
        break;
    case EXTENSION_KEY_SHARE:
        if (!is_client && value.length >= 2)
            hello->share = load_be16(value.data);
        break;
    default:
        break;
    }
}

static void extensions_take(struct tls_hello *hello, bool is_client)
{
    struct cursor at = cursor_over(hello->extensions, 0);
    uint16_t type;
    struct bytes value;
    while (tls_extension_next(&at, &type, &value))
        extension_take(hello, is_client, type, value);
}

/* version(2) random(32) session id<1>; client: ciphers<2> compressions<1>; server: cipher(2)
 * compression(1); extensions<2>, which may be missing. */
bool tls_hello_read(struct bytes body, bool is_client, struct tls_hello *hello)
{
    struct cursor at = cursor_over(body, 0);
    struct bytes compressions;
    const uint8_t *head = cursor_take(&at, 34);
    if (!head)
        return false;
    *hello = (struct tls_hello){.version = load_be16(head), .random = bytes_of(head + 2, 32)};
    if (!vector_take(&at, 1, &hello->session_id))
        return false;
    if (is_client) {
        if (!vector_take(&at, 2, &hello->ciphers) || hello->ciphers.length & 1 ||
            !vector_take(&at, 1, &compressions))
            return false;
    } else {
        const uint8_t *chosen = cursor_take(&at, 3);
        if (!chosen)
            return false;
        hello->ciphers = bytes_of(chosen, 2);
    }
    if (cursor_left(&at) && !vector_take(&at, 2, &hello->extensions))
        return false;
    extensions_take(hello, is_client);
    return true;
}

uint16_t tls_hello_version(const struct tls_hello *hello)
{
    uint16_t version = 0;
    for (size_t i = 0; i + 2 <= hello->versions.length; i += 2) {
        const uint16_t offered = load_be16(hello->versions.data + i);
        if (offered > version && !tls_is_grease(offered))
            version = offered;
    }
    return version ? version : hello->version;
}
