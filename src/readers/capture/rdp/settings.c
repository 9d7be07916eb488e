#include "readers/capture/rdp/settings.h"

#include "base/cursor.h"

enum block {
    CLIENT_CORE = 0xC001,
    CLIENT_NETWORK = 0xC003,
    SERVER_SECURITY = 0x0C02,
};

/* What stands behind the key that says whose data it is (T.124 8.7), and its length in PER. */
static bool user_data(struct bytes message, const char *key, struct cursor *data)
{
    const uint8_t *found =
        message.length ? memmem(message.data, message.length, key, strlen(key)) : NULL;
    if (!found)
        return false;
    const size_t before = (size_t)(found - message.data) + strlen(key);
    *data = cursor_over(bytes_of(message.data + before, message.length - before), 0);
    const uint8_t *length = cursor_take(data, 1);
    return length && (!(*length & 0x80) || cursor_take(data, 1));
}

/* A block: type(2) length(2), both little-endian, the length with these four bytes (2.2.1.3.1). */
static bool block_next(struct cursor *data, uint16_t *type, struct bytes *block)
{
    const uint8_t *header = cursor_peek(data, 4);
    if (!header)
        return false;
    const size_t length = load_le16(header + 2);
    if (length < 4 || !cursor_take(data, length))
        return false;
    *type = load_le16(header);
    *block = bytes_of(header + 4, length - 4);
    return true;
}

bool rdp_client_read(struct bytes message, struct rdp_client *client)
{
    struct cursor data;
    struct bytes block;
    uint16_t type;
    *client = (struct rdp_client){{0}, {0}};
    if (!user_data(message, "Duca", &data))
        return false;
    while (block_next(&data, &type, &block)) {
        if (type == CLIENT_CORE) {
            client->core = block;
        } else if (type == CLIENT_NETWORK && block.length >= 4) {
            const size_t have = (block.length - 4) / 12, said = load_le32(block.data);
            const size_t count = said < have ? said : have;
            client->channels = bytes_of(block.data + 4,
                                        (count < RDP_CHANNELS_MAX ? count : RDP_CHANNELS_MAX) * 12);
        }
    }
    return client->core.length > 0;
}

/* Server security data (2.2.1.4.3): method, level, lengths of random and certificate; the
 * certificate begins with its version, an X.509 chain goes on with its count (2.2.1.4.3.1). */
static void security_read(struct bytes block, struct rdp_server *server)
{
    struct cursor at = cursor_over(block, 0), certificate;
    const uint8_t *fixed = cursor_take(&at, 8), *lengths = cursor_take(&at, 8);
    if (!fixed)
        return;
    server->has_security = true;
    server->method = load_le32(fixed);
    server->level = load_le32(fixed + 4);
    if (!lengths || !cursor_take(&at, load_le32(lengths)) ||
        !cursor_split(&at, load_le32(lengths + 4), &certificate))
        return;
    const uint8_t *version = cursor_take(&certificate, 4);
    const uint8_t *count = cursor_take(&certificate, 4);
    if (!version)
        return;
    server->certificate = load_le32(version);
    server->certificate_count =
        (server->certificate & 0x7FFFFFFFU) == 2 && count ? load_le32(count) : 1;
}

bool rdp_server_read(struct bytes message, struct rdp_server *server)
{
    struct cursor data;
    struct bytes block;
    uint16_t type;
    *server = (struct rdp_server){.has_security = false};
    if (!user_data(message, "McDn", &data))
        return false;
    while (block_next(&data, &type, &block))
        if (type == SERVER_SECURITY)
            security_read(block, server);
    return true;
}
