/* A ring of slots. A thread takes a free slot, has it filled by the supply (one thread at a time,
 * which gives the slot its ticket), decodes it, and marks it done. Whoever then finds the slot with
 * the next ticket done commits it, and those behind it. A slot is held from its filling to its
 * commit, so the ring's length bounds the memory; the slot of the lowest ticket is always held by a
 * thread that is at work, so the ring always moves. */
#include "pipeline/pipeline.h"

#include "pipeline/supply.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS_PER_THREAD 6U
#define FORMATS_MAX      16U
#define THREAD_STACK     (1U << 20)
#define SUPPLY_SPINS     4000U /* about as long as one read takes: shorter than sleeping and waking */

struct slot {
    enum supply_kind kind;
    struct supply_item *item;
    struct batch batch;
    struct buffer out;
    struct account account;
    uint64_t turn; /* in its lane */
    bool is_done;
};

struct run {
    const struct pipeline_options *options;
    const struct pipeline_work *work;

    pthread_mutex_t supplying;
    struct supply supply;
    uint64_t ticket; /* of the next slot that is filled */
    uint64_t turns_given[BATCH_LANES_MAX + 1];

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t change;
    struct slot *slots;
    struct slot **free;
    struct slot **ring; /* by ticket */
    unsigned slot_count, free_count;
    uint64_t committed; /* tickets */
    uint64_t turns_done[BATCH_LANES_MAX + 1];
    bool is_committing;
    bool is_over; /* nothing more to supply, or failed */
    enum status status;
    struct fault fault;
};

struct thread {
    struct run *run;
    pthread_t handle;
    void *state;                 /* the caller's */
    struct reader_shared shared; /* its names are the thread's own way to the table of all */
    const struct reader_format *formats[FORMATS_MAX];
    void *decoders[FORMATS_MAX];
    struct slot *slot;
    struct pipeline_view view;
};

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void run_end(struct run *run, enum status status, const struct fault *fault)
{
    pthread_mutex_lock(&run->lock);
    if (run->status == STATUS_OK && status < 0) {
        run->status = status;
        run->fault = *fault;
    }
    /* slot_fill reads it under the other lock. */
    __atomic_store_n(&run->is_over, true, __ATOMIC_RELAXED);
    pthread_cond_broadcast(&run->change);
    pthread_mutex_unlock(&run->lock);
}

/* A free slot, or NULL when the run is over. */
static struct slot *slot_take(struct run *run)
{
    struct slot *slot = NULL;
    pthread_mutex_lock(&run->lock);
    while (!run->is_over && run->free_count == 0)
        pthread_cond_wait(&run->change, &run->lock);
    if (!run->is_over)
        slot = run->free[--run->free_count];
    pthread_mutex_unlock(&run->lock);
    return slot;
}

/* Another thread's read is soon over. */
static void supply_enter(struct run *run)
{
    for (unsigned i = 0; i < SUPPLY_SPINS; i++) {
        if (pthread_mutex_trylock(&run->supplying) == 0)
            return;
        relax();
    }
    pthread_mutex_lock(&run->supplying);
}

static enum status slot_fill(struct run *run, struct slot *slot, struct fault *fault)
{
    supply_enter(run);
    enum status status = STATUS_END;
    if (!__atomic_load_n(&run->is_over, __ATOMIC_RELAXED))
        status = supply_next(&run->supply, &slot->kind, &slot->item, &slot->batch, fault);
    if (status == STATUS_OK) {
        const uint32_t lane = slot->kind == SUPPLY_BATCH ? slot->batch.lane : 0;
        assert(lane <= BATCH_LANES_MAX);
        slot->turn = run->turns_given[lane]++;
        pthread_mutex_lock(&run->lock);
        run->ring[run->ticket++ % run->slot_count] = slot;
        pthread_mutex_unlock(&run->lock);
    } else {
        run_end(run, status, fault);
    }
    pthread_mutex_unlock(&run->supplying);
    return status;
}

/* A thread's decoder for a format, made at its first use. */
static void *decoder_of(struct thread *thread, const struct reader_format *format)
{
    unsigned i = 0;
    while (i < FORMATS_MAX && thread->formats[i] && thread->formats[i] != format)
        i++;
    assert(i < FORMATS_MAX);
    if (!thread->formats[i]) {
        thread->decoders[i] = format->decoder_new(&thread->shared);
        thread->formats[i] = thread->decoders[i] ? format : NULL;
    }
    return thread->decoders[i];
}

static void event_sink_call(void *context, struct event *event)
{
    struct thread *thread = context;
    thread->view.event = event;
    thread->run->work->event(thread->state, &thread->view, &thread->slot->out);
}

/* Waits for the turn of a batch in its lane. The one before it is with a thread that is at work, or
 * that waits for one still further ahead, so the turn comes. */
static void lane_enter(struct run *run, const struct slot *slot)
{
    const uint32_t lane = slot->batch.lane;
    if (!lane)
        return;
    pthread_mutex_lock(&run->lock);
    while (run->turns_done[lane] != slot->turn)
        pthread_cond_wait(&run->change, &run->lock);
    pthread_mutex_unlock(&run->lock);
}

static void lane_leave(struct run *run, const struct slot *slot)
{
    const uint32_t lane = slot->batch.lane;
    if (!lane)
        return;
    pthread_mutex_lock(&run->lock);
    run->turns_done[lane]++;
    pthread_cond_broadcast(&run->change);
    pthread_mutex_unlock(&run->lock);
}

static void slot_decode(struct thread *thread, struct slot *slot)
{
    struct supply_item *item = slot->item;
    buffer_reset(&slot->out);
    account_release(&slot->account);
    if (slot->kind != SUPPLY_BATCH)
        return;
    void *decoder = decoder_of(thread, item->format);
    if (!decoder) {
        slot->account.is_incomplete = true;
        account_note(&slot->account, "no memory to decode");
        lane_enter(thread->run, slot);
        lane_leave(thread->run, slot);
        return;
    }
    thread->slot = slot;
    thread->view = (struct pipeline_view){
        .evidence = item->evidence, .path = item->path, .format = item->format, .decoder = decoder};
    lane_enter(thread->run, slot);
    names_charge(thread->shared.fields, &item->names);
    item->format->decode(decoder, &slot->batch, &slot->account, event_sink_call, thread);
    names_charge(thread->shared.fields, NULL);
    lane_leave(thread->run, slot);
}

static enum status item_commit(const struct run *run, struct supply_item *item, struct fault *fault)
{
    account_join(&item->cutting, &item->account);
    struct pipeline_item done = {
        .evidence = item->evidence,
        .path = item->path,
        .type = item->type,
        .bytes = item->bytes,
        .account = &item->cutting,
        .is_evidence = item->is_evidence,
    };
    memcpy(done.hash, item->hash, sizeof(done.hash));
    const enum status status = run->work->item(run->work->context, &done, fault);
    supply_item_free(item);
    return status;
}

static enum status slot_commit(const struct run *run, struct slot *slot, struct fault *fault)
{
    if (slot->kind == SUPPLY_ITEM)
        return item_commit(run, slot->item, fault);
    account_join(&slot->item->account, &slot->account);
    if (slot->out.failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for what a batch gave");
    return slot->out.length ? run->work->commit(run->work->context, buffer_view(&slot->out), fault)
                            : STATUS_OK;
}

/* Marks a slot done and commits all that are due, unless another thread is at it, which then goes
 * on to this one. */
static void slot_done(struct run *run, struct slot *slot)
{
    pthread_mutex_lock(&run->lock);
    slot->is_done = true;
    while (!run->is_committing) {
        struct slot *next = run->ring[run->committed % run->slot_count];
        if (!next || !next->is_done)
            break;
        run->is_committing = true;
        const bool is_wanted = run->status == STATUS_OK;
        pthread_mutex_unlock(&run->lock);
        struct fault fault = {0};
        const enum status status = is_wanted ? slot_commit(run, next, &fault) : STATUS_OK;
        if (!is_wanted && next->kind == SUPPLY_ITEM)
            supply_item_free(next->item);
        if (status < 0)
            run_end(run, status, &fault);
        pthread_mutex_lock(&run->lock);
        run->ring[run->committed++ % run->slot_count] = NULL;
        next->is_done = false;
        run->free[run->free_count++] = next;
        run->is_committing = false;
        pthread_cond_broadcast(&run->change);
    }
    pthread_mutex_unlock(&run->lock);
}

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    struct slot *slot;
    struct fault fault = {0};
    while ((slot = slot_take(thread->run)) && slot_fill(thread->run, slot, &fault) == STATUS_OK) {
        slot_decode(thread, slot);
        slot_done(thread->run, slot);
    }
    return NULL;
}

static void thread_release(struct thread *thread)
{
    for (unsigned i = 0; i < FORMATS_MAX && thread->formats[i]; i++)
        thread->formats[i]->decoder_free(thread->decoders[i]);
    names_free(thread->shared.fields);
}

static void run_release(struct run *run)
{
    for (unsigned i = 0; i < run->slot_count && run->slots; i++) {
        buffer_release(&run->slots[i].batch.data);
        buffer_release(&run->slots[i].out);
        account_release(&run->slots[i].account);
    }
    if (run->supply.item && run->supply.item->format)
        run->supply.item->format->close(run->supply.state, &run->supply.item->cutting);
    supply_item_free(run->supply.item);
    free(run->slots);
    free(run->free);
    free(run->ring);
    pthread_cond_destroy(&run->change);
    pthread_mutex_destroy(&run->lock);
    pthread_mutex_destroy(&run->supplying);
}

static bool run_init(struct run *run, unsigned threads)
{
    pthread_mutex_init(&run->supplying, NULL);
    pthread_mutexattr_t brief;
    pthread_mutexattr_init(&brief);
    pthread_mutexattr_settype(&brief, PTHREAD_MUTEX_ADAPTIVE_NP);
    pthread_mutex_init(&run->lock, &brief);
    pthread_mutexattr_destroy(&brief);
    pthread_cond_init(&run->change, NULL);
    run->slot_count = threads * SLOTS_PER_THREAD;
    run->slots = calloc(run->slot_count, sizeof(*run->slots));
    run->free = calloc(run->slot_count, sizeof(struct slot *));
    run->ring = calloc(run->slot_count, sizeof(struct slot *));
    if (!run->slots || !run->free || !run->ring)
        return false;
    for (unsigned i = 0; i < run->slot_count; i++) {
        account_init(&run->slots[i].account);
        run->free[run->free_count++] = &run->slots[i];
    }
    return true;
}

static unsigned thread_count(const struct pipeline_options *options)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const unsigned count = options->threads ? options->threads
                           : processors > 0 ? (unsigned)processors
                                            : 1;
    return count < PIPELINE_THREADS_MAX ? count : PIPELINE_THREADS_MAX;
}

/* Starts the threads but the first, which is the caller's own; returns how many there are. */
static unsigned threads_start(struct run *run, struct thread *threads, unsigned count)
{
    pthread_attr_t attributes;
    unsigned started = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK);
    for (; started < count; started++) {
        struct thread *thread = &threads[started];
        thread->run = run;
        thread->shared = *run->options->shared;
        thread->shared.fields = names_share(run->options->shared->fields);
        thread->state = thread->shared.fields ? run->work->thread_new(run->work->context) : NULL;
        if (!thread->state ||
            (started && pthread_create(&thread->handle, &attributes, thread_main, thread) != 0))
            break;
    }
    pthread_attr_destroy(&attributes);
    return started;
}

static void threads_join(struct run *run, struct thread *threads, unsigned started, unsigned count)
{
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i].handle, NULL);
    for (unsigned i = 0; i < count; i++) {
        if (threads[i].state)
            run->work->thread_done(run->work->context, threads[i].state);
        thread_release(&threads[i]);
    }
}

enum status pipeline_run(struct evidence *evidence, const struct pipeline_options *options,
                         const struct pipeline_work *work, struct fault *fault)
{
    const unsigned count = thread_count(options);
    struct run run = {
        .options = options, .work = work, .supply = {.evidence = evidence, .options = options}};
    struct thread *threads = calloc(count, sizeof(*threads));
    const bool is_ready = run_init(&run, count) && threads;
    if (is_ready) {
        const unsigned started = threads_start(&run, threads, count);
        if (started)
            thread_main(&threads[0]);
        else
            run.status = fault_set(&run.fault, STATUS_MEMORY, 0, "no memory to start");
        threads_join(&run, threads, started, count);
    }
    const enum status status =
        is_ready ? run.status : fault_set(fault, STATUS_MEMORY, 0, "no memory to start");
    if (is_ready && status && fault)
        *fault = run.fault;
    run_release(&run);
    free(threads);
    return status;
}
