// NCCL for the GPUs of one process: an operation runs in the order of its stream, waits there until all ranks have come to it, and then each
// rank takes what is meant for it. Ranks that come with different operations are what hangs or corrupts on a GPU; here it is an error.
#include "../Driver/memory.h"

#include <cstdio>
#include <cstring>
#include <set>
#include <vector>

extern "C" int distzo_emulator_enqueue(Handle stream, std::function<void()>* operation);
extern "C" void distzo_emulator_copy(unsigned long long to, unsigned long long from, std::size_t bytes);
extern "C" void distzo_emulator_fail();
extern "C" int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes);
extern "C" int cuMemFree_v2(unsigned long long address);
extern "C" int cuDevicePrimaryCtxRetain(Handle* context, int device);
extern "C" int cuDevicePrimaryCtxRelease_v2(int device);
extern "C" int cuCtxGetCurrent(Handle* context);
extern "C" int cuCtxSetCurrent(Handle context);

namespace
{
using Address = unsigned long long;

constexpr int Done = 0, UnhandledCudaError = 1, InternalError = 3, InvalidArgument = 4, InvalidUsage = 5;
constexpr int Gather = -1;
constexpr std::size_t Kept = 4 << 20;

// What a rank brings: a root of −1 stands for a gather.
struct Part
{
    int root = 0;
    std::size_t bytes = 0;
    Address send = 0, receive = 0;
};

// An operation of all ranks.
struct Meeting
{
    std::vector<Part> parts;
    int arrived = 0, left = 0;
};

struct Group
{
    explicit Group(int ranks) : ranks(ranks), next((std::size_t)ranks) {}

    const int ranks;
    std::mutex gate;
    std::condition_variable changed;
    bool isAborted = false;
    std::vector<unsigned long long> next;
    std::map<unsigned long long, Meeting> meetings;

    // Runs on a stream's thread.
    void meet(int rank, unsigned long long number, Part part)
    {
        std::unique_lock<std::mutex> lock(gate);
        Meeting& meeting = meetings[number];
        if (meeting.parts.empty()) meeting.parts.resize((std::size_t)ranks);
        meeting.parts[(std::size_t)rank] = part;
        meeting.arrived++;
        changed.notify_all();
        changed.wait(lock, [&] { return isAborted || meeting.arrived == ranks; });
        if (isAborted) return;
        lock.unlock();
        take(meeting, rank);
        lock.lock();
        meeting.left++;
        changed.notify_all();
        // Nobody's memory is reused before all have taken from it.
        changed.wait(lock, [&] { return isAborted || meeting.left >= ranks; });
        if (++meeting.left == 2 * ranks) meetings.erase(number);
    }

    void abort()
    {
        std::lock_guard<std::mutex> lock(gate);
        isAborted = true;
        changed.notify_all();
    }

private:
    void take(const Meeting& meeting, int rank)
    {
        const Part& own = meeting.parts[(std::size_t)rank];
        for (int from = 0; from < ranks; from++)
        {
            const Part& other = meeting.parts[(std::size_t)from];
            if (other.root != own.root || other.bytes != own.bytes)
            {
                std::fprintf(stderr, "emulator: ranks came to different collectives (%d, %zu bytes and %d, %zu bytes)\n", own.root, own.bytes, other.root, other.bytes);
                distzo_emulator_fail();
                return;
            }

            if (own.root != Gather && own.root != from) continue;
            Address to = own.receive + (own.root == Gather ? (std::size_t)from * own.bytes : 0);
            if (to != other.send) distzo_emulator_copy(to, other.send, own.bytes);
        }
    }
};

struct Communicator
{
    std::shared_ptr<Group> group;
    int rank, device;
    Address kept;
};

Handles<Communicator>& communicators = *new Handles<Communicator>;

// Operations between ncclGroupStart and ncclGroupEnd are queued by the latter, on this thread.
thread_local int depth = 0;
struct Pending
{
    std::shared_ptr<Communicator> communicator;
    Part part;
    Handle stream;
};
thread_local std::vector<Pending> pending;

int queue(const Pending& one)
{
    std::shared_ptr<Group> group = one.communicator->group;
    int rank = one.communicator->rank;
    unsigned long long number;
    {
        std::lock_guard<std::mutex> lock(group->gate);
        if (group->isAborted) return InvalidUsage;
        number = group->next[(std::size_t)rank]++;
    }

    std::function<void()> operation = [group, rank, number, part = one.part] { group->meet(rank, number, part); };
    return distzo_emulator_enqueue(one.stream, &operation) == 0 ? Done : UnhandledCudaError;
}

int add(Handle handle, Part part, Handle stream)
{
    std::shared_ptr<Communicator> communicator = communicators.find(handle);
    if (!communicator || part.root >= communicator->group->ranks) return InvalidArgument;
    Pending one{ communicator, part, stream };
    if (depth == 0) return queue(one);
    pending.push_back(one);
    return Done;
}

// What a communicator keeps on its device, as the real ones do.
int keep(int device, Address* kept, bool isMade)
{
    Handle before, context;
    cuCtxGetCurrent(&before);
    if (isMade && cuDevicePrimaryCtxRetain(&context, device) != 0) return UnhandledCudaError;
    if (!isMade)
    {
        cuDevicePrimaryCtxRetain(&context, device);
        cuDevicePrimaryCtxRelease_v2(device);
    }

    cuCtxSetCurrent(context);
    int code = isMade ? cuMemAlloc_v2(kept, Kept) : cuMemFree_v2(*kept);
    cuCtxSetCurrent(before);
    if (!isMade) cuDevicePrimaryCtxRelease_v2(device);
    return code == 0 ? Done : UnhandledCudaError;
}

int end(Handle handle, bool isAborted)
{
    std::shared_ptr<Communicator> communicator = communicators.remove(handle);
    if (!communicator) return InvalidArgument;
    if (isAborted) communicator->group->abort();
    return keep(communicator->device, &communicator->kept, false);
}
}

EXPORT int ncclGetVersion(int* version)
{
    *version = 22105;
    return Done;
}

EXPORT const char* ncclGetErrorString(int error)
{
    switch (error)
    {
    case Done: return "no error";
    case UnhandledCudaError: return "unhandled cuda error";
    case InternalError: return "internal error";
    case InvalidArgument: return "invalid argument";
    case InvalidUsage: return "invalid usage";
    default: return "unknown result code";
    }
}

EXPORT int ncclCommInitAll(Handle* made, int count, const int* devices)
{
    if (count < 1 || (int)std::set<int>(devices, devices + count).size() != count) return InvalidUsage;
    auto group = std::make_shared<Group>(count);
    for (int rank = 0; rank < count; rank++)
    {
        auto communicator = std::make_shared<Communicator>(Communicator{ group, rank, devices[rank], 0 });
        if (int code = keep(devices[rank], &communicator->kept, true)) return code;
        made[rank] = communicators.add(communicator);
    }

    return Done;
}

EXPORT int ncclCommDestroy(Handle communicator) { return end(communicator, false); }

EXPORT int ncclCommAbort(Handle communicator) { return end(communicator, true); }

EXPORT int ncclGroupStart()
{
    depth++;
    return Done;
}

EXPORT int ncclGroupEnd()
{
    if (depth == 0) return InvalidUsage;
    if (--depth > 0) return Done;
    std::vector<Pending> all;
    all.swap(pending);
    for (const Pending& one : all)
        if (int code = queue(one)) return code;
    return Done;
}

// Bytes are all that is moved: ncclUint8.
EXPORT int ncclAllGather(Address send, Address receive, std::size_t count, int type, Handle communicator, Handle stream)
{
    return type == 1 ? add(communicator, Part{ Gather, count, send, receive }, stream) : (int)InvalidArgument;
}

EXPORT int ncclBroadcast(Address send, Address receive, std::size_t count, int type, int root, Handle communicator, Handle stream)
{
    return type == 1 && root >= 0 ? add(communicator, Part{ root, count, send, receive }, stream) : (int)InvalidArgument;
}

// How many communicators exist.
EXPORT int distzo_emulator_communicators() { return communicators.count(); }
