#include "streams.h"

#include "options.h"

#include <atomic>
#include <chrono>
#include <vector>

Handles<Stream>& streams = *new Handles<Stream>;

namespace
{
std::atomic<int> sticky{ 0 };
std::mutex& defaultsGate = *new std::mutex;
std::map<int, std::shared_ptr<Stream>>& defaults = *new std::map<int, std::shared_ptr<Stream>>;
std::mutex& allGate = *new std::mutex;
std::vector<std::weak_ptr<Stream>>& all = *new std::vector<std::weak_ptr<Stream>>;
std::atomic<unsigned long long> numbers{ 1 };
}

int stickyError() { return sticky; }

void setStickyError(int code)
{
    int none = 0;
    sticky.compare_exchange_strong(none, code);
}

int takeStickyError() { return sticky.exchange(0); }

Stream::Stream(std::shared_ptr<Context> of) : context(std::move(of)), _number(numbers++) {}

void Stream::start()
{
    {
        std::lock_guard<std::mutex> lock(allGate);
        all.push_back(shared_from_this());
    }

    std::thread([self = shared_from_this()] { self->run(); }).detach();
}

void Stream::enqueue(std::function<void()> operation)
{
    std::lock_guard<std::mutex> lock(_gate);
    _operations.push_back(std::move(operation));
    _changed.notify_all();
}

void Stream::stop()
{
    std::lock_guard<std::mutex> lock(_gate);
    _stopped = true;
    _changed.notify_all();
}

void Stream::synchronize()
{
    std::unique_lock<std::mutex> lock(_gate);
    _changed.wait(lock, [this] { return _operations.empty() && !_running; });
}

bool Stream::isIdle()
{
    std::lock_guard<std::mutex> lock(_gate);
    return _operations.empty() && !_running;
}

void Stream::run()
{
    std::unique_lock<std::mutex> lock(_gate);
    for (;;)
    {
        _changed.wait(lock, [this] { return _stopped || !_operations.empty(); });
        if (_operations.empty()) return;
        std::function<void()> operation = std::move(_operations.front());
        _operations.pop_front();
        _running = true;
        lock.unlock();
        delay();
        operation();
        // What it holds goes before anyone is told.
        operation = nullptr;
        lock.lock();
        _running = false;
        _changed.notify_all();
    }
}

void Stream::delay()
{
    unsigned long long seed = delaySeed();
    if (seed == 0) return;
    if (seed != _seed)
    {
        _seed = seed;
        _random.seed((unsigned)(seed * 7919 + _number));
    }

    // Most start at once, some a little late, a few much later than whole passes on another stream take.
    unsigned draw = (unsigned)_random() % 64;
    if (draw >= 12) return;
    std::this_thread::sleep_for(std::chrono::microseconds(draw == 0 ? 3000 : 40 * draw));
}

std::shared_ptr<Stream> findStream(Handle handle)
{
    if (handle > 2) return streams.find(handle);
    std::shared_ptr<Context> context = currentContext();
    if (!context) return nullptr;
    std::lock_guard<std::mutex> lock(defaultsGate);
    std::shared_ptr<Stream>& stream = defaults[context->device];
    if (!stream || stream->context != context)
    {
        if (stream) stream->stop();
        stream = std::make_shared<Stream>(context);
        stream->start();
    }

    return stream;
}

void synchronizeAll(int device)
{
    std::vector<std::shared_ptr<Stream>> now;
    {
        std::lock_guard<std::mutex> lock(allGate);
        for (auto at = all.begin(); at != all.end();)
        {
            std::shared_ptr<Stream> stream = at->lock();
            if (!stream) at = all.erase(at);
            else
            {
                if (stream->context->device == device) now.push_back(stream);
                ++at;
            }
        }
    }

    for (const std::shared_ptr<Stream>& stream : now) stream->synchronize();
}

namespace
{
int make(Handle* handle)
{
    std::shared_ptr<Context> context = currentContext();
    if (!context) return InvalidContext;
    std::shared_ptr<Stream> stream = std::make_shared<Stream>(context);
    stream->start();
    *handle = streams.add(stream);
    return Success;
}
}

EXPORT int cuStreamCreate(Handle* stream, unsigned) { return make(stream); }
EXPORT int cuStreamCreateWithPriority(Handle* stream, unsigned, int) { return make(stream); }

EXPORT int cuStreamDestroy_v2(Handle handle)
{
    std::shared_ptr<Stream> stream = streams.remove(handle);
    if (!stream) return InvalidHandle;
    stream->stop();
    return Success;
}

EXPORT int cuStreamSynchronize(Handle handle)
{
    std::shared_ptr<Stream> stream = findStream(handle);
    if (!stream) return InvalidHandle;
    stream->synchronize();
    return stickyError();
}

EXPORT int cuStreamQuery(Handle handle)
{
    std::shared_ptr<Stream> stream = findStream(handle);
    if (!stream) return InvalidHandle;
    if (stickyError()) return stickyError();
    return stream->isIdle() ? Success : NotReady;
}

EXPORT int cuLaunchHostFunc(Handle handle, void (*function)(void*), void* data)
{
    std::shared_ptr<Stream> stream = findStream(handle);
    if (!stream) return InvalidHandle;
    stream->enqueue([function, data] { function(data); });
    return stickyError();
}

// For the other libraries: an operation of their own in a stream's order. Returns an error code.
EXPORT int distzo_emulator_enqueue(Handle handle, std::function<void()>* operation)
{
    std::shared_ptr<Stream> stream = findStream(handle);
    if (!stream) return InvalidHandle;
    stream->enqueue(std::move(*operation));
    return stickyError();
}
