/* [MS-NLMP] 3.3.1 and 3.3.2 (the responses), 3.4.5 (the keys):
 *
 *   NTLMv2: NTProofStr, 16 bytes, then what the client adds. ResponseKeyNT is HMAC_MD5 of user (in
 *           upper case) and domain under the NT hash.
 *   NTLMv1: 24 bytes: DES of the challenge under the hash's thirds; with extended session security
 *           of MD5 over the challenge and the client's, which the LM response begins with. */
#include "readers/capture/keys/ntlm_key.h"

#include "base/utf.h"
#include "crypt/crypt.h"

#define NAME_MAX_BYTES 512U
#define PROOF_LENGTH   16U
#define V1_LENGTH      24U

/* --- Names --- */

/* Windows' upper case is the inverse of the simple folding: the character that folds to this. */
static uint32_t upper(uint32_t character)
{
    static const uint32_t steps[] = {32, 1, 80, 48, 37, 38, 63, 8, 26, 7264};
    for (size_t i = 0; i < COUNT_OF(steps); i++)
        if (character > steps[i] && utf_fold_char(character - steps[i]) == character)
            return character - steps[i];
    return character == 0xFF ? 0x178 : character;
}

static size_t wide_add(uint8_t *to, size_t length, struct bytes text, bool is_upper)
{
    uint32_t character;
    for (size_t at = 0; at < text.length;) {
        const unsigned step = utf8_decode(text.data + at, text.length - at, &character);
        at += step ? step : 1;
        if (!step)
            continue;
        if (is_upper)
            character = upper(character);
        if (character >= 0x10000) {
            const uint32_t high = 0xD800 + ((character - 0x10000) >> 10);
            to[length++] = (uint8_t)high;
            to[length++] = (uint8_t)(high >> 8);
            character = 0xDC00 + ((character - 0x10000) & 0x3FF);
        }
        to[length++] = (uint8_t)character;
        to[length++] = (uint8_t)(character >> 8);
    }
    return length;
}

bool wire_is_same_name(struct bytes one, struct bytes other)
{
    uint8_t folded[2][3 * NAME_MAX_BYTES + 32];
    if (one.length > NAME_MAX_BYTES || other.length > NAME_MAX_BYTES)
        return false;
    return bytes_equal(bytes_of(folded[0], utf8_fold(folded[0], one)),
                       bytes_of(folded[1], utf8_fold(folded[1], other)));
}

/* A user may come as user@realm. */
static bool is_user(const struct secret_account *account, struct bytes user)
{
    if (wire_is_same_name(account->user, user))
        return true;
    const uint8_t *at = user.length ? memchr(user.data, '@', user.length) : NULL;
    return at && wire_is_same_name(account->user, bytes_of(user.data, (size_t)(at - user.data)));
}

/* --- The responses --- */

/* Each checks the response and finds SessionBaseKey; true when it fits. */
static bool v2_check(const uint8_t hash[16], const struct ntlm_proof *proof, uint8_t base[16])
{
    uint8_t names[8 * NAME_MAX_BYTES], key[CRYPT_HASH_MAX], made[CRYPT_HASH_MAX];
    size_t length = wide_add(names, 0, proof->user, true);
    length = wide_add(names, length, proof->domain, false);
    const struct bytes name = bytes_of(names, length), response = bytes_of(key, 16);
    const struct bytes proven[] = {
        proof->challenge, bytes_of(proof->nt.data + PROOF_LENGTH, proof->nt.length - PROOF_LENGTH)};
    const struct bytes proof_text = bytes_of(proof->nt.data, PROOF_LENGTH);
    const bool is_right = crypt_hmac(CRYPT_MD5, bytes_of(hash, 16), &name, 1, key) &&
                          crypt_hmac(CRYPT_MD5, response, proven, 2, made) &&
                          crypt_equal(made, proof->nt.data, PROOF_LENGTH) &&
                          crypt_hmac(CRYPT_MD5, response, &proof_text, 1, made);
    if (is_right)
        memcpy(base, made, 16);
    crypt_wipe(key, sizeof(key));
    crypt_wipe(made, sizeof(made));
    return is_right;
}

static bool v1_check(const uint8_t hash[16], const struct ntlm_proof *proof, uint8_t base[16])
{
    const bool is_extended = proof->flags & NTLM_SEALS_EXTENDED && proof->lm.length == V1_LENGTH;
    uint8_t keys[21] = {0}, challenge[CRYPT_HASH_MAX], made[V1_LENGTH], under[CRYPT_HASH_MAX];
    const struct bytes both[] = {proof->challenge, bytes_of(proof->lm.data, is_extended ? 8 : 0)};
    memcpy(keys, hash, 16);
    memcpy(challenge, proof->challenge.data, 8);
    bool is_right = !is_extended || crypt_digest(CRYPT_MD5, both, 2, challenge);
    for (unsigned i = 0; is_right && i < 3; i++)
        is_right = crypt_des(keys + (size_t)7 * i, challenge, made + (size_t)8 * i);
    is_right = is_right && crypt_equal(made, proof->nt.data, V1_LENGTH);
    if (is_right) {
        crypt_md4(bytes_of(hash, 16), base);
        if (is_extended && crypt_hmac(CRYPT_MD5, bytes_of(base, 16), both, 2, under))
            memcpy(base, under, 16);
    }
    crypt_wipe(keys, sizeof(keys));
    crypt_wipe(under, sizeof(under));
    return is_right;
}

/* KXKEY is the base key for all that is checked here (3.4.5.1); the client may send its own key
 * under it. */
static void secret_set(struct wire_secret *secret, const struct ntlm_proof *proof,
                       const uint8_t base[16])
{
    struct crypt_rc4 rc4;
    *secret = (struct wire_secret){.count = 1, .flags = proof->flags, .keys[0].length = 16};
    memcpy(secret->keys[0].data, base, 16);
    if (!(proof->flags & NTLM_KEY_EXCHANGE) || proof->session_key.length != 16)
        return;
    crypt_rc4_init(&rc4, bytes_of(base, 16));
    crypt_rc4(&rc4, proof->session_key.data, secret->keys[0].data, 16);
    crypt_wipe(&rc4, sizeof(rc4));
}

enum wire_verdict ntlm_key_find(const struct secrets *secrets, const struct ntlm_proof *proof,
                                struct wire_secret *secret)
{
    const bool is_v2 = proof->nt.length > V1_LENGTH;
    enum wire_verdict verdict = WIRE_KEY_NONE;
    uint8_t base[16];
    if (proof->challenge.length != 8 || proof->nt.length < V1_LENGTH || !proof->user.length ||
        proof->user.length > NAME_MAX_BYTES || proof->domain.length > NAME_MAX_BYTES)
        return WIRE_KEY_NONE;
    for (size_t i = 0; i < secrets_account_count(secrets) && verdict != WIRE_KEY_RIGHT; i++) {
        const struct secret_account *account = secrets_account(secrets, i);
        if (!is_user(account, proof->user))
            continue;
        verdict = (is_v2 ? v2_check : v1_check)(account->nt_hash, proof, base) ? WIRE_KEY_RIGHT
                                                                               : WIRE_KEY_WRONG;
    }
    if (verdict == WIRE_KEY_RIGHT)
        secret_set(secret, proof, base);
    crypt_wipe(base, sizeof(base));
    return verdict;
}
