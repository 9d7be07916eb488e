/* libimpound: what Windows' network protocols say in a capture, as events.
 *
 * A decoder takes capture files, or packets one by one, and gives events to a function of yours:
 * SMB, DCE/RPC with the calls' arguments, NTLM, Kerberos, LDAP, TDS, HTTP, TLS, DNS, RDP and
 * connections, under the names of Zeek's logs and fields. docs/formats/capture.md lists them.
 *
 *     static bool seen(void *context, const struct impound_event *event)
 *     {
 *         puts(impound_event_json(event));
 *         return true;
 *     }
 *
 *     struct impound_decoder *decoder = impound_new(seen, NULL);
 *     if (!decoder || impound_read(decoder, "trace.pcapng") != IMPOUND_OK)
 *         fprintf(stderr, "%s\n", decoder ? impound_error(decoder) : "no memory");
 *     impound_free(decoder);
 *
 * Compile and link with `pkg-config --cflags --libs libimpound`.
 *
 * Threads: a decoder and its events belong to one thread at a time. Several decoders may be at work
 * side by side; they share nothing.
 * Memory: whatever a function returns a pointer to belongs to the library; how long it lives is
 * said with the function. Only impound_free gives anything back. A decoder holds at most some
 * 150 MB, however large the capture.
 * Trust: captures may hold anything. Damage is no failure: it is read over and told in the account.
 * The library prints nothing, never ends the process, starts no thread and opens no file but those
 * that are named to it. */
#ifndef IMPOUND_IMPOUND_H
#define IMPOUND_IMPOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMPOUND_API __attribute__((visibility("default")))

/* --- Status --- */

/* What functions return that can fail; negative: they did, and impound_error tells why. */
enum impound_status {
    IMPOUND_OK = 0,
    IMPOUND_REFUSED = -2, /* it is no capture, or a limit was reached */
    IMPOUND_IO = -3,      /* the operating system said no */
    IMPOUND_MEMORY = -4,  /* there is no memory */
    IMPOUND_INVALID = -5, /* an argument or a key file is wrong */
    IMPOUND_STOPPED = -6  /* your function said so */
};

/* --- Decoders --- */

struct impound_decoder; /* reads captures; made by impound_new */
struct impound_event;   /* what was seen; given to your function */

/* A function of yours, called for each event with the `context` that impound_new was given. The
 * event lives until it returns. Returning false ends what is going on: the function that is
 * reading returns IMPOUND_STOPPED, and the rest of this capture gives no more events. It may not
 * call functions that take a decoder. */
typedef bool impound_seen(void *context, const struct impound_event *event);

/* Makes a decoder, to be given back with impound_free. NULL without memory or without `seen`. */
IMPOUND_API struct impound_decoder *impound_new(impound_seen *seen, void *context);

/* Gives a decoder back, and wipes its keys. Nothing more is told of what was handed in without an
 * impound_end. NULL is ignored. */
IMPOUND_API void impound_free(struct impound_decoder *decoder);

/* Why the last call with this decoder failed, as UTF-8 in one line; "" when it did not. Lives until
 * the next call with this decoder. */
IMPOUND_API const char *impound_error(const struct impound_decoder *decoder);

/* --- Keys --- */

/* Each reads a file with keys for what is encrypted, for all captures that follow; to be called
 * before the first packet, else IMPOUND_INVALID. They may be called several times. What the files
 * look like is said in docs/keys.md: lines of `[DOMAIN\]user:password` or NT hashes; a Kerberos
 * keytab of MIT; a TLS key log. IMPOUND_INVALID: the file cannot be read or is broken; what it held
 * before the broken line is kept. No key is ever printed or given out. */
IMPOUND_API enum impound_status impound_add_passwords(struct impound_decoder *decoder,
                                                      const char *path);
IMPOUND_API enum impound_status impound_add_keytab(struct impound_decoder *decoder,
                                                   const char *path);
IMPOUND_API enum impound_status impound_add_tls_keylog(struct impound_decoder *decoder,
                                                       const char *path);

/* --- Reading --- */

/* Seconds since 1970-01-01T00:00:00Z and the nanoseconds in it. */
struct impound_time {
    int64_t seconds;
    uint32_t nanoseconds; /* 0 to 999,999,999 */
    uint8_t digits;       /* of the fraction that mean something: 6 for microseconds; at most 9 */
};

/* Reads all captures at `path`: a pcap or pcapng file, `-` for the standard input, the captures in
 * an archive or a folder, compressed or not. Each ends with its connections. Events come in the
 * order in which they were complete. What was handed in by impound_packet and not ended is ended
 * first. IMPOUND_REFUSED: there is no capture. IMPOUND_IO: at least one file could not be read to
 * its end; the others were, and impound_error tells of the first. */
IMPOUND_API enum impound_status impound_read(struct impound_decoder *decoder, const char *path);

/* A packet as a capture has it. */
struct impound_packet {
    struct impound_time time;
    uint32_t link;       /* LINKTYPE_ number: 1 Ethernet, 101 raw IP, 113 Linux cooked ... */
    uint32_t captured;   /* bytes at `data`, at most 262,144 */
    uint32_t original;   /* as they were sent; 0: the same */
    const uint8_t *data; /* from the link's header on; need not outlive the call */
};

/* Takes the next packet, in the order of their times. Packets are counted from 1. Events that it
 * completes are told before it returns. IMPOUND_INVALID: `data` is NULL although there should be
 * bytes, or a time that cannot be. IMPOUND_REFUSED: too many bytes. */
IMPOUND_API enum impound_status impound_packet(struct impound_decoder *decoder,
                                               const struct impound_packet *packet);

/* The packets are over: all connections end, and what waited is told. The next packet begins
 * another capture. Without packets it does nothing. */
IMPOUND_API enum impound_status impound_end(struct impound_decoder *decoder);

/* --- The account --- */

/* What was read so far, and what was not. Packets in a capture under way count when it ends. */
struct impound_account {
    uint64_t packets; /* read */
    uint64_t damaged; /* places where a packet or message could not be read */
    uint64_t missing; /* gaps in streams, and packets that the capture says it lost */
    uint32_t notes;   /* sentences; see impound_account_note */
    bool is_complete; /* nothing was damaged, cut, lost or unreadable */
};

/* Fills in `*account`. */
IMPOUND_API void impound_account(const struct impound_decoder *decoder,
                                 struct impound_account *account);

/* Sentence number `index`, from 0, of what was damaged, lost, encrypted or not known, with counts
 * and packet numbers: UTF-8. NULL behind the last one. Lives until the decoder reads on. */
IMPOUND_API const char *impound_account_note(const struct impound_decoder *decoder, uint32_t index);

/* --- Events --- */

/* The log as Zeek names it: `conn`, `smb_files`, `dce_rpc` ... Lives as long as the event. */
IMPOUND_API const char *impound_event_log(const struct impound_event *event);

/* When it began: the time of its first packet. 0 with 0 digits when the capture has no time. */
IMPOUND_API struct impound_time impound_event_time(const struct impound_event *event);

/* Numbers of the first and the last packet that belong to it, from 1. */
IMPOUND_API uint64_t impound_event_first_packet(const struct impound_event *event);
IMPOUND_API uint64_t impound_event_last_packet(const struct impound_event *event);

/* Where the record of the first packet begins in the capture file, in bytes; 0 when packets were
 * handed in. */
IMPOUND_API uint64_t impound_event_offset(const struct impound_event *event);

/* The connection's Community ID, version 1 with the seed 0. Lives as long as the event. */
IMPOUND_API const char *impound_event_flow(const struct impound_event *event);

/* The capture: its path, of an archive's member as `a.zip!/x.pcap`; "" when packets were handed in.
 * Lives as long as the event. */
IMPOUND_API const char *impound_event_source(const struct impound_event *event);

/* The whole event as one line of JSON (RFC 8259), without an end of line; its length, which may be
 * asked for with strlen, is some hundred bytes to a few MB. "" without memory. Lives as long as the
 * event. */
IMPOUND_API const char *impound_event_json(const struct impound_event *event);

/* --- Fields --- */

enum impound_type {
    IMPOUND_TEXT,    /* `text` */
    IMPOUND_NUMBER,  /* `number`; `text` is decimal, or `0x` and hex digits where that is usual */
    IMPOUND_INTEGER, /* `integer`, with a sign */
    IMPOUND_REAL,    /* `real` */
    IMPOUND_BOOL,    /* `number` is 0 or 1; `text` is `true` or `false` */
    IMPOUND_TIME,    /* `time`; `text` is RFC 3339 in UTC */
    IMPOUND_ADDRESS, /* `text`; `bytes` are the 4 or 16 of an IP address, in network order */
    IMPOUND_BINARY,  /* `bytes`; `text` is upper-case hex */
    IMPOUND_LIST     /* `count` items: see impound_value_item; `text` is "" */
};

/* A value. What its type does not mention is 0. It and what it points to live as long as the
 * event. */
struct impound_value {
    enum impound_type type;
    uint32_t count;
    uint64_t number;
    int64_t integer;
    double real;
    struct impound_time time;
    const char *text;     /* UTF-8 and a NUL; NULs of its own are possible, see length. What the
                             capture holds is not checked: it may be malformed UTF-8 */
    size_t length;        /* of the text */
    const uint8_t *bytes; /* not aligned */
    size_t bytes_length;
    const void *items; /* the library's own */
};

/* Fills in `*value` with the field of this name, such as `id.orig_h`; false, and `*value` is
 * untouched, when the event has no such field or there is no memory. */
IMPOUND_API bool impound_event_field(const struct impound_event *event, const char *name,
                                     struct impound_value *value);

/* How many fields the event has. */
IMPOUND_API size_t impound_event_field_count(const struct impound_event *event);

/* Field number `index`, from 0, in the order of the JSON line: its value in `*value`; returns its
 * name, which lives as long as the decoder. NULL, and `*value` is untouched, behind the last one or
 * without memory. */
IMPOUND_API const char *impound_event_field_at(const struct impound_event *event, size_t index,
                                               struct impound_value *value);

/* Item number `index`, from 0, of a list of this event, in `*item`. Items are never lists. False,
 * and `*item` is untouched, behind the last one, for what is no list, or without memory. */
IMPOUND_API bool impound_value_item(const struct impound_event *event,
                                    const struct impound_value *list, uint32_t index,
                                    struct impound_value *item);

/* --- The library --- */

/* Its version, such as `0.1.0`: a constant. May be called by any thread. */
IMPOUND_API const char *impound_version(void);

#ifdef __cplusplus
}
#endif

#endif
