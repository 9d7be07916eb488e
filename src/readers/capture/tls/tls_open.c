/* TLS 1.2 (RFC 5246 6.3, RFC 5288, RFC 7905, RFC 7366): keys are cut from PRF(master secret, "key
 * expansion", the server's random, the client's): MAC keys, keys, IVs, of the client first each.
 *
 * TLS 1.3 (RFC 8446 7.3): each side has a secret for the handshake and one for what follows, which
 * may be renewed. Where one ends is not looked for: what a secret does not open, the next one may,
 * from its record 0. */
#include "readers/capture/tls/tls_open.h"

#include "crypt/crypt.h"
#include "readers/capture/numbers/numbers.h"
#include "readers/capture/tls/hello.h"
#include "readers/capture/tls/tls.h"

#define TLS_1_2   0x0303
#define TAG       16U
#define BLOCK     16U
#define MAC_MAX   48U
#define IV_LENGTH 12U

enum mode { MODE_GCM, MODE_CHACHA20, MODE_CBC };

struct suite {
    enum mode mode;
    enum crypt_hash hash; /* of the key derivation */
    enum crypt_hash mac;  /* of CBC's records */
    uint8_t key;
};

/* What opens a side's records. */
struct half {
    uint8_t secret[CRYPT_HASH_MAX]; /* TLS 1.3 */
    uint8_t key[CRYPT_KEY_MAX], mac[MAC_MAX], iv[IV_LENGTH];
    uint64_t number; /* of the next record */
    uint8_t stage;   /* TLS 1.3 */
};

enum stage { STAGE_NONE, STAGE_HANDSHAKE, STAGE_TRAFFIC };

struct tls_opener {
    struct wire_keys *keys;
    struct tls_agreed agreed;
    struct suite suite;
    struct half halves[2];
};

/* --- Suites, by their names --- */

static bool suite_read(uint16_t cipher, struct suite *suite)
{
    const char *name = tls_cipher_name(cipher);
    if (!name || strstr(name, "_CCM") || (!strstr(name, "_AES_") && !strstr(name, "_CHACHA20_")))
        return false;
    suite->mode = strstr(name, "_CHACHA20_") ? MODE_CHACHA20
                  : strstr(name, "_GCM_")    ? MODE_GCM
                                             : MODE_CBC;
    suite->hash = strstr(name, "_SHA384") ? CRYPT_SHA384 : CRYPT_SHA256;
    suite->mac = !strstr(name, "_SHA384") && !strstr(name, "_SHA256") ? CRYPT_SHA1 : suite->hash;
    suite->key = strstr(name, "_AES_128_") ? 16 : 32;
    return suite->mode != MODE_CBC || strstr(name, "_CBC_");
}

/* --- TLS 1.2: keys --- */

static void cut(const uint8_t **at, uint8_t *one, uint8_t *other, size_t length)
{
    memcpy(one, *at, length);
    memcpy(other, *at + length, length);
    *at += 2 * length;
}

static bool master_take(struct tls_opener *opener, struct bytes master)
{
    uint8_t seed[13 + 64] = "key expansion", block[2 * (MAC_MAX + CRYPT_KEY_MAX + IV_LENGTH)];
    const struct suite *suite = &opener->suite;
    const size_t iv = suite->mode == MODE_GCM ? 4 : suite->mode == MODE_CHACHA20 ? IV_LENGTH : 0;
    const size_t mac = suite->mode == MODE_CBC ? crypt_hash_length(suite->mac) : 0;
    const uint8_t *at = block;
    struct half *client = &opener->halves[WIRE_CLIENT], *server = &opener->halves[WIRE_SERVER];
    memcpy(seed + 13, opener->agreed.random[WIRE_SERVER], 32);
    memcpy(seed + 45, opener->agreed.random[WIRE_CLIENT], 32);
    if (!crypt_derive_chain(suite->hash, master, bytes_of(seed, sizeof(seed)), block,
                            2 * (mac + suite->key + iv)))
        return false;
    cut(&at, client->mac, server->mac, mac);
    cut(&at, client->key, server->key, suite->key);
    cut(&at, client->iv, server->iv, iv);
    crypt_wipe(block, sizeof(block));
    return true;
}

/* --- TLS 1.3: keys --- */

static bool secret_take(const struct suite *suite, struct half *half)
{
    const struct bytes secret = bytes_of(half->secret, crypt_hash_length(suite->hash));
    half->number = 0;
    return crypt_derive_label(suite->hash, secret, "key", half->key, suite->key) &&
           crypt_derive_label(suite->hash, secret, "iv", half->iv, IV_LENGTH);
}

/* What a side opens with next; false when there is nothing more. */
static bool stage_next(const struct tls_opener *opener, enum wire_side side, struct half *half)
{
    static const enum tls_label labels[2][2] = {{TLS_CLIENT_HANDSHAKE, TLS_CLIENT_TRAFFIC},
                                                {TLS_SERVER_HANDSHAKE, TLS_SERVER_TRAFFIC}};
    const enum crypt_hash hash = opener->suite.hash;
    const size_t length = crypt_hash_length(hash);
    uint8_t renewed[CRYPT_HASH_MAX];
    if (half->stage >= STAGE_TRAFFIC) {
        if (half->number == 0 || !crypt_derive_label(hash, bytes_of(half->secret, length),
                                                     "traffic upd", renewed, (uint8_t)length))
            return false;
        memcpy(half->secret, renewed, length);
        crypt_wipe(renewed, sizeof(renewed));
        return secret_take(&opener->suite, half);
    }
    const struct bytes secret = wire_keys_tls(opener->keys, labels[side][half->stage++],
                                              opener->agreed.random[WIRE_CLIENT]);
    if (secret.length != length)
        return half->stage < STAGE_TRAFFIC && stage_next(opener, side, half);
    memcpy(half->secret, secret.data, length);
    return secret_take(&opener->suite, half);
}

struct tls_opener *tls_opener_new(struct wire_connection *connection,
                                  const struct tls_agreed *agreed)
{
    struct wire_keys *keys = wire_keys_of(connection);
    struct suite suite;
    const uint8_t *random = agreed->random[WIRE_CLIENT];
    if (!keys || !suite_read(agreed->cipher, &suite))
        return NULL;
    const bool is_13 = agreed->version == TLS_1_3;
    const struct bytes secret =
        wire_keys_tls(keys, is_13 ? TLS_CLIENT_TRAFFIC : TLS_MASTER, random);
    if (!secret.length || (!is_13 && agreed->version != TLS_1_2))
        return NULL;
    struct tls_opener *opener = wire_hold(connection, sizeof(*opener));
    if (!opener)
        return NULL;
    opener->keys = keys;
    opener->agreed = *agreed;
    opener->suite = suite;
    return is_13 || master_take(opener, secret) ? opener : NULL;
}

/* --- Records --- */

static void nonce_make(const struct half *half, uint8_t nonce[IV_LENGTH])
{
    uint8_t number[8];
    store_be64(number, half->number);
    memcpy(nonce, half->iv, IV_LENGTH);
    for (unsigned i = 0; i < 8; i++)
        nonce[4 + i] ^= number[i];
}

/* What TLS 1.2 authenticates beside the text: number, type, version, length. */
static struct bytes also_make(uint8_t also[13], const struct half *half, const uint8_t *header,
                              size_t length)
{
    store_be64(also, half->number);
    memcpy(also + 8, header, 3);
    also[11] = (uint8_t)(length >> 8);
    also[12] = (uint8_t)length;
    return bytes_of(also, 13);
}

static bool aead_open(const struct tls_opener *opener, const struct half *half,
                      const struct tls_record *record, uint8_t *room, struct bytes *plain)
{
    const bool is_12 = opener->agreed.version == TLS_1_2;
    const bool is_gcm = opener->suite.mode == MODE_GCM;
    const size_t explicit = is_12 && is_gcm ? 8 : 0;
    uint8_t nonce[IV_LENGTH], also[13];
    if (record->content.length < explicit + TAG)
        return false;
    const size_t length = record->content.length - explicit - TAG;
    const uint8_t *text = record->content.data + explicit;
    if (explicit) {
        memcpy(nonce, half->iv, 4);
        memcpy(nonce + 4, record->content.data, 8);
    } else {
        nonce_make(half, nonce);
    }
    const struct crypt_sealed sealed = {
        .nonce = bytes_of(nonce, IV_LENGTH),
        .also = is_12 ? also_make(also, half, record->header, length)
                      : bytes_of(record->header, TLS_RECORD_HEADER),
        .cipher = bytes_of(text, length),
        .tag = text + length,
    };
    *plain = bytes_of(room, length);
    return crypt_aead_open(is_gcm ? CRYPT_GCM : CRYPT_CHACHA20,
                           bytes_of(half->key, opener->suite.key), &sealed, room);
}

static bool mac_fits(const struct tls_opener *opener, const struct half *half,
                     const uint8_t *header, struct bytes text, const uint8_t *mac)
{
    const size_t length = crypt_hash_length(opener->suite.mac);
    uint8_t also[13], made[CRYPT_HASH_MAX];
    const struct bytes parts[] = {also_make(also, half, header, text.length), text};
    return crypt_hmac(opener->suite.mac, bytes_of(half->mac, length), parts, 2, made) &&
           crypt_equal(made, mac, length);
}

/* IV and cipher; the MAC stands inside, before the padding, or behind (encrypt-then-MAC). */
static bool cbc_open(const struct tls_opener *opener, const struct half *half,
                     const struct tls_record *record, uint8_t *room, struct bytes *plain)
{
    const size_t mac = crypt_hash_length(opener->suite.mac);
    const struct bytes content = record->content;
    const bool is_behind =
        content.length >= mac + (size_t)2 * BLOCK && (content.length - mac) % BLOCK == 0 &&
        mac_fits(opener, half, record->header, bytes_of(content.data, content.length - mac),
                 content.data + content.length - mac);
    const size_t sealed = content.length - (is_behind ? mac : 0);
    if (sealed < (size_t)2 * BLOCK || sealed % BLOCK)
        return false;
    const size_t length = sealed - BLOCK;
    if (!crypt_aes_cbc(bytes_of(half->key, opener->suite.key), content.data, false,
                       bytes_of(content.data + BLOCK, length), room))
        return false;
    const size_t tail = 1 + (size_t)room[length - 1] + (is_behind ? 0 : mac);
    if (tail > length)
        return false;
    *plain = bytes_of(room, length - tail);
    return is_behind || mac_fits(opener, half, record->header, *plain, room + plain->length);
}

static bool half_open(const struct tls_opener *opener, struct half *half,
                      const struct tls_record *record, uint8_t *room, struct bytes *plain)
{
    const bool is_open = opener->suite.mode == MODE_CBC
                             ? cbc_open(opener, half, record, room, plain)
                             : aead_open(opener, half, record, room, plain);
    half->number += is_open;
    return is_open;
}

/* TLS 1.3: the type is the last byte that is not zero. */
static bool inner_type(struct bytes *plain, uint8_t *type)
{
    while (plain->length && plain->data[plain->length - 1] == 0)
        plain->length--;
    if (!plain->length)
        return false;
    *type = plain->data[--plain->length];
    return true;
}

bool tls_record_open(struct tls_opener *opener, enum wire_side side,
                     const struct tls_record *record, uint8_t *room, uint8_t *type,
                     struct bytes *plain)
{
    struct half *half = &opener->halves[side];
    *type = record->header[0];
    if (opener->agreed.version == TLS_1_2)
        return half_open(opener, half, record, room, plain);
    if (half->stage != STAGE_NONE && half_open(opener, half, record, room, plain))
        return inner_type(plain, type);
    struct half next = *half;
    bool is_open = false;
    while (!is_open && stage_next(opener, side, &next))
        is_open = half_open(opener, &next, record, room, plain);
    if (is_open)
        *half = next;
    crypt_wipe(&next, sizeof(next));
    return is_open && inner_type(plain, type);
}
