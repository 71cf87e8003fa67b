#include "streams.h"

#include <chrono>

namespace
{
// One lock for all events: few wait at a time.
std::mutex& gate = *new std::mutex;
std::condition_variable& changed = *new std::condition_variable;

struct Event
{
    std::shared_ptr<Context> context;
    bool isTimed;
    // How often it was recorded, and which of these has happened. One that was never recorded counts as happened.
    unsigned long long recorded = 0;
    unsigned long long happened = 0;
    std::chrono::steady_clock::time_point at;
};
}

Handles<Event>& events = *new Handles<Event>;

int liveEvents() { return events.count(); }

EXPORT int cuEventCreate(Handle* event, unsigned flags)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    std::shared_ptr<Event> made = std::make_shared<Event>();
    made->context = context;
    made->isTimed = (flags & 2) == 0;
    *event = events.add(made);
    return Success;
}

EXPORT int cuEventDestroy_v2(Handle handle) { return events.remove(handle) ? Success : InvalidHandle; }

EXPORT int cuEventRecord(Handle handle, Handle streamHandle)
{
    std::shared_ptr<Event> event = events.find(handle);
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!event || !stream || event->context != stream->context) return InvalidHandle;
    unsigned long long number;
    {
        std::lock_guard<std::mutex> lock(gate);
        number = ++event->recorded;
    }

    stream->enqueue([event, number] {
        std::lock_guard<std::mutex> lock(gate);
        if (event->happened < number) event->happened = number;
        event->at = std::chrono::steady_clock::now();
        changed.notify_all();
    });
    return stickyError();
}

// Waits for what was recorded when it was called, as the driver does.
EXPORT int cuStreamWaitEvent(Handle streamHandle, Handle handle, unsigned)
{
    std::shared_ptr<Event> event = events.find(handle);
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!event || !stream) return InvalidHandle;
    unsigned long long number;
    {
        std::lock_guard<std::mutex> lock(gate);
        number = event->recorded;
    }

    stream->enqueue([event, number] {
        std::unique_lock<std::mutex> lock(gate);
        changed.wait(lock, [&] { return event->happened >= number; });
    });
    return stickyError();
}

EXPORT int cuEventQuery(Handle handle)
{
    std::shared_ptr<Event> event = events.find(handle);
    if (!event) return InvalidHandle;
    if (stickyError()) return stickyError();
    std::lock_guard<std::mutex> lock(gate);
    return event->happened >= event->recorded ? Success : NotReady;
}

EXPORT int cuEventSynchronize(Handle handle)
{
    std::shared_ptr<Event> event = events.find(handle);
    if (!event) return InvalidHandle;
    std::unique_lock<std::mutex> lock(gate);
    unsigned long long number = event->recorded;
    changed.wait(lock, [&] { return event->happened >= number; });
    return stickyError();
}

EXPORT int cuEventElapsedTime(float* milliseconds, Handle from, Handle to)
{
    std::shared_ptr<Event> first = events.find(from), second = events.find(to);
    if (!first || !second || !first->isTimed || !second->isTimed) return InvalidHandle;
    std::lock_guard<std::mutex> lock(gate);
    if (first->recorded == 0 || second->recorded == 0) return InvalidHandle;
    if (first->happened < first->recorded || second->happened < second->recorded) return NotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(second->at - first->at).count();
    return Success;
}
