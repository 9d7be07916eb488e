#include "readers/evtx/evtx_run.h"

struct run {
    const struct evtx_pass *pass;
    struct evtx_chunk_header header;
    size_t end;       /* of what was read */
    bool has_last;    /* `last` is known */
    uint64_t last;    /* identifier of the record before `end` */
    uint64_t damaged; /* places behind `last` where a record was and could not be read */
};

static unsigned long long place(const struct run *run, size_t offset)
{
    return run->pass->piece->offset + offset;
}

/* The records that should stand between the last one and `next`. */
static void gap_account(struct run *run, uint64_t next)
{
    struct account *account = run->pass->account;
    if (!run->has_last || next <= run->last + 1)
        return;
    const uint64_t gap = next - run->last - 1;
    account->is_incomplete = true;
    if (gap > run->damaged)
        account->missing += gap - run->damaged;
    account_note(account, "record ids %llu to %llu are missing in the chunk at offset %llu",
                 (unsigned long long)run->last + 1, (unsigned long long)next - 1, place(run, 0));
}

/* Records inside the one that was just read: somebody enlarged it over them. The stream of an
 * honest record ends at most a few bytes before the record does. */
static void hidden_decode(struct run *run, const struct evtx_envelope *outer, size_t from)
{
    const struct evtx_pass *pass = run->pass;
    struct evtx_envelope hidden;
    for (; evtx_envelope_hidden(pass->piece->chunk, from, outer->offset + outer->length, &hidden);
         from = hidden.offset + hidden.length) {
        size_t end;
        pass->account->is_incomplete = true;
        account_note(pass->account,
                     "record %llu at offset %llu was enlarged over record %llu at offset %llu%s",
                     (unsigned long long)outer->identifier, place(run, outer->offset),
                     (unsigned long long)hidden.identifier, place(run, hidden.offset),
                     pass->carve ? "" : ", which --carve reads");
        if (pass->carve)
            evtx_pass_record(pass, &hidden, true, &end);
        else
            pass->account->missing++;
        if (hidden.identifier == run->last + 1)
            run->last++;
    }
}

static void record_decode(struct run *run, const struct evtx_envelope *envelope)
{
    size_t end = 0;
    gap_account(run, envelope->identifier);
    const bool is_read = evtx_pass_record(run->pass, envelope, false, &end);
    run->damaged = 0;
    run->has_last = true;
    run->last = envelope->identifier;
    run->end = envelope->offset + envelope->length;
    if (is_read && run->end - end >= EVTX_RECORD_LEAST + sizeof(uint32_t))
        hidden_decode(run, envelope, end);
}

static void hole_account(struct run *run, size_t to)
{
    struct account *account = run->pass->account;
    account->damaged++;
    account->is_incomplete = true;
    run->damaged++;
    account_note(account, "offset %llu: %zu bytes in which no record can be read",
                 place(run, run->end), to - run->end);
}

/* What is damaged up to `to`: a record with one wrong size, or bytes that say nothing. */
static void hole_decode(struct run *run, size_t to)
{
    struct evtx_envelope envelope;
    if (!evtx_envelope_mend(run->pass->piece->chunk, run->end, to, &envelope)) {
        hole_account(run, to);
        run->end = to;
        return;
    }
    run->pass->account->is_incomplete = true;
    account_note(run->pass->account, "record %llu at offset %llu: its two sizes differ",
                 (unsigned long long)envelope.identifier, place(run, envelope.offset));
    record_decode(run, &envelope);
}

/* Where the header does not tell the end of the live records, they end where no record follows, or
 * only an older one. */
static bool is_end(const struct run *run, const struct evtx_envelope *next)
{
    return !run->header.is_free_known &&
           (!next || (run->has_last && next->identifier <= run->last));
}

/* Reads records one behind the other up to the free space, stepping over what is damaged. */
static void records_decode(struct run *run)
{
    const struct bytes chunk = run->pass->piece->chunk;
    const size_t limit = run->header.free_offset;
    struct evtx_envelope envelope;
    while (run->end < limit) {
        const bool is_found = evtx_envelope_find(chunk, run->end, limit, &envelope);
        if (is_end(run, is_found ? &envelope : NULL))
            return;
        if (!is_found)
            hole_decode(run, limit);
        else if (envelope.offset > run->end)
            hole_decode(run, envelope.offset);
        else
            record_decode(run, &envelope);
    }
}

/* Records that go on where the header says the free space begins, when it may be behind. */
static void continue_decode(struct run *run)
{
    const struct evtx_pass *pass = run->pass;
    struct evtx_envelope envelope;
    unsigned count = 0;
    while (run->has_last && evtx_envelope_at(pass->piece->chunk, run->end, &envelope) &&
           envelope.identifier == run->last + 1) {
        record_decode(run, &envelope);
        count++;
    }
    if (count)
        account_note(pass->account, "offset %llu: the chunk's header is behind; %u more records",
                     place(run, 0), count);
}

/* A chunk's checksum counts when its log was closed. It is over all live records, so a wrong one
 * says that some of them are not what was written, even if all can be read. */
static void checksum_account(const struct run *run, size_t end)
{
    struct account *account = run->pass->account;
    if (!run->header.is_header_whole)
        account_note(account, "offset %llu: the chunk header's checksum is wrong", place(run, 0));
    if (!run->header.has_checksum || run->pass->piece->is_open ||
        evtx_chunk_is_whole(run->pass->piece->chunk, end))
        return;
    account->is_incomplete = true;
    account_note(account, "offset %llu: the checksum of the chunk's records is wrong",
                 place(run, 0));
}

size_t evtx_run_decode(const struct evtx_pass *pass)
{
    struct run run = {
        .pass = pass,
        .header = evtx_chunk_header_load(pass->piece->chunk),
        .end = EVTX_CHUNK_HEADER,
    };
    if (run.header.has_records) {
        run.has_last = true;
        run.last = run.header.first_identifier - 1;
    }
    records_decode(&run);
    checksum_account(&run, run.header.is_free_known ? run.header.free_offset : run.end);
    if (run.header.has_records)
        gap_account(&run, run.header.last_identifier + 1);
    if (pass->piece->is_open || run.header.is_open || !run.header.is_header_whole)
        continue_decode(&run);
    return run.end;
}
