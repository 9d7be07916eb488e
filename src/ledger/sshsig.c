#include "ledger/sshsig.h"

#define BEGIN         "-----BEGIN SSH SIGNATURE-----\n"
#define END           "\n-----END SSH SIGNATURE-----"
#define MAGIC         "SSHSIG"
#define VERSION       1U
#define NAMESPACE_MAX 256U

/* The value of a digit, or -1. */
static int digit_value(uint8_t letter)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = letter ? strchr(letters, letter) : NULL;
    return at ? (int)(at - letters) : -1;
}

static bool is_blank(uint8_t letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

/* What was read of a text in base64. */
struct decoding {
    uint32_t bits;
    unsigned digits, pads;
    size_t length;
};

static bool letter_decode(struct decoding *decoding, uint8_t letter, uint8_t *to)
{
    if (letter == '=')
        return ++decoding->pads <= 2;
    const int value = digit_value(letter);
    if (value < 0 || decoding->pads)
        return false;
    decoding->bits = decoding->bits << 6 | (uint32_t)value;
    if (++decoding->digits % 4 != 1)
        to[decoding->length++] = (uint8_t)(decoding->bits >> (4 - decoding->digits % 4) * 2 % 8);
    return true;
}

/* Whether the last digits are padded to four, and say nothing beyond the last byte. */
static bool decoding_is_whole(const struct decoding *decoding)
{
    const unsigned rest = decoding->digits % 4;
    const uint32_t slop = rest == 2 ? 0xf : rest == 3 ? 0x3 : 0;
    return rest != 1 && decoding->pads == (4 - rest) % 4 && !(decoding->bits & slop);
}

bool ssh_base64_read(struct bytes text, struct arena *arena, struct bytes *bytes)
{
    struct decoding decoding = {0};
    uint8_t *room = arena_take_aligned(arena, text.length / 4 * 3 + 3, 1);
    if (!room)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!is_blank(text.data[i]) && !letter_decode(&decoding, text.data[i], room))
            return false;
    *bytes = bytes_of(room, decoding.length);
    return decoding_is_whole(&decoding);
}

static bool armour_open(struct bytes text, struct arena *arena, struct bytes *blob)
{
    const size_t begin = strlen(BEGIN);
    if (text.length < begin || memcmp(text.data, BEGIN, begin) != 0)
        return false;
    const struct bytes rest = bytes_of(text.data + begin - 1, text.length - begin + 1);
    const uint8_t *end = memmem(rest.data, rest.length, END, strlen(END));
    return end && ssh_base64_read(bytes_of(rest.data, (size_t)(end - rest.data)), arena, blob);
}

static enum status hash_read(struct bytes name, enum crypt_hash *hash, struct fault *fault)
{
    if (bytes_equal(name, bytes_of_text("sha512")))
        *hash = CRYPT_SHA512;
    else if (bytes_equal(name, bytes_of_text("sha256")))
        *hash = CRYPT_SHA256;
    else
        return fault_set(fault, STATUS_REFUSED, 0,
                         "a hash that is not supported; sha256 and sha512 are");
    return STATUS_OK;
}

/* magic "SSHSIG"   6 bytes
 * version          uint32
 * public key       string
 * namespace        string, not empty
 * reserved         string; nobody knows what may stand in it, so nothing may
 * hash             string
 * signature        string
 */
static enum status blob_read(struct bytes blob, struct sshsig *sshsig, struct fault *fault)
{
    struct cursor cursor = cursor_over(blob, 0);
    struct bytes key, reserved, hash;
    const uint8_t *head = cursor_take(&cursor, strlen(MAGIC) + 4);
    if (!head || memcmp(head, MAGIC, strlen(MAGIC)) != 0)
        return fault_set(fault, STATUS_INVALID, 0, "no SSH signature");
    if (load_be32(head + strlen(MAGIC)) != VERSION)
        return fault_set(fault, STATUS_REFUSED, 0, "only version 1 of SSH signatures is known");
    if (!ssh_string_take(&cursor, &key) || !ssh_string_take(&cursor, &sshsig->name_space) ||
        !ssh_string_take(&cursor, &reserved) || !ssh_string_take(&cursor, &hash) ||
        !ssh_string_take(&cursor, &sshsig->signature) || cursor_left(&cursor))
        return fault_set(fault, STATUS_INVALID, 0, "no whole SSH signature");
    if (reserved.length || sshsig->name_space.length == 0 ||
        sshsig->name_space.length > NAMESPACE_MAX)
        return fault_set(fault, STATUS_INVALID, 0, "an SSH signature %s",
                         reserved.length ? "with something in its reserved part"
                                         : "without a namespace");
    const enum status status = hash_read(hash, &sshsig->hash, fault);
    return status ? status : ssh_key_read(key, &sshsig->key, fault);
}

enum status sshsig_read(struct bytes text, struct arena *arena, struct sshsig *sshsig,
                        struct fault *fault)
{
    struct bytes blob;
    struct sshsig read = {0};
    if (!armour_open(text, arena, &blob))
        return fault_set(fault, STATUS_INVALID, 0, "no armoured SSH signature");
    const enum status status = blob_read(blob, &read, fault);
    if (status == STATUS_OK)
        *sshsig = read;
    return status;
}

static size_t string_put(uint8_t *to, struct bytes string)
{
    store_be32(to, (uint32_t)string.length);
    if (string.length)
        memcpy(to + 4, string.data, string.length);
    return 4 + string.length;
}

/* What is signed: the magic, then namespace, reserved (empty), the hash's name and the hash. */
bool sshsig_holds(const struct sshsig *sshsig, struct bytes message)
{
    uint8_t whole[sizeof(MAGIC) + NAMESPACE_MAX + CRYPT_HASH_MAX + 32], digest[CRYPT_HASH_MAX];
    const struct bytes hash = bytes_of_text(sshsig->hash == CRYPT_SHA512 ? "sha512" : "sha256");
    if (!crypt_digest(sshsig->hash, &message, 1, digest))
        return false;
    const struct bytes magic = bytes_of_text(MAGIC);
    size_t length = magic.length;
    memcpy(whole, magic.data, magic.length);
    length += string_put(whole + length, sshsig->name_space);
    length += string_put(whole + length, (struct bytes){0});
    length += string_put(whole + length, hash);
    length += string_put(whole + length, bytes_of(digest, crypt_hash_length(sshsig->hash)));
    return ssh_key_has_signed(&sshsig->key, bytes_of(whole, length), sshsig->signature);
}
