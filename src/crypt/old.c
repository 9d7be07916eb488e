/* MD4 (RFC 1320) and RC4, for passwords' hashes and NTLM's seals: what they protect is old too. */
#include "crypt/crypt.h"

static uint32_t rotate(uint32_t word, unsigned count)
{
    return word << count | word >> (32 - count);
}

/* 3.4: round 1 takes the words in order, round 2 by columns, round 3 by reversed bits. */
static void md4_block(uint32_t state[4], const uint8_t *block)
{
    static const uint8_t shifts[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
    static const uint8_t reversed[16] = {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15};
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned step = 0; step < 48; step++) {
        const unsigned round = step / 16, at = step % 16;
        const unsigned word = round == 0 ? at : round == 1 ? at % 4 * 4 + at / 4 : reversed[at];
        const uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                               : round == 1 ? ((b & c) | (b & d) | (c & d)) + 0x5A827999U
                                            : (b ^ c ^ d) + 0x6ED9EBA1U;
        const uint32_t next =
            rotate(a + mixed + load_le32(block + 4 * (size_t)word), shifts[round][at % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void crypt_md4(struct bytes bytes, uint8_t to[16])
{
    uint32_t state[4] = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U};
    const uint64_t bits = (uint64_t)bytes.length * 8;
    const size_t rest = bytes.length % 64, whole = bytes.length - rest;
    const size_t padded = rest < 56 ? 64 : 128;
    uint8_t tail[128] = {0};
    for (size_t at = 0; at < whole; at += 64)
        md4_block(state, bytes.data + at);
    if (rest)
        memcpy(tail, bytes.data + whole, rest);
    tail[rest] = 0x80;
    memcpy(tail + padded - 8, &bits, 8);
    for (size_t at = 0; at < padded; at += 64)
        md4_block(state, tail + at);
    memcpy(to, state, 16);
    crypt_wipe(tail, sizeof(tail));
}

void crypt_rc4_init(struct crypt_rc4 *rc4, struct bytes key)
{
    uint8_t j = 0;
    for (unsigned i = 0; i < 256; i++)
        rc4->state[i] = (uint8_t)i;
    for (unsigned i = 0; key.length && i < 256; i++) {
        const uint8_t moved = rc4->state[i];
        j = (uint8_t)(j + moved + key.data[i % key.length]);
        rc4->state[i] = rc4->state[j];
        rc4->state[j] = moved;
    }
    rc4->i = rc4->j = 0;
}

void crypt_rc4(struct crypt_rc4 *rc4, const uint8_t *from, uint8_t *to, size_t length)
{
    uint8_t *state = rc4->state;
    for (size_t at = 0; at < length; at++) {
        const uint8_t one = state[++rc4->i];
        rc4->j = (uint8_t)(rc4->j + one);
        const uint8_t other = state[rc4->j];
        state[rc4->i] = other;
        state[rc4->j] = one;
        to[at] = from[at] ^ state[(uint8_t)(one + other)];
    }
}
