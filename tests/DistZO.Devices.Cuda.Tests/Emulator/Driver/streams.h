// Queues that run by themselves: nothing but events puts operations of two of them in an order.
#pragma once

#include "codes.h"
#include "handles.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <random>
#include <thread>

struct Context
{
    int device;
};

// What went wrong while operations ran; later calls return it, as the driver does.
int stickyError();
void setStickyError(int code);
int takeStickyError();

// The context of the calling thread; null if there is none.
std::shared_ptr<Context> currentContext();

class Stream : public std::enable_shared_from_this<Stream>
{
public:
    explicit Stream(std::shared_ptr<Context> context);

    void start();
    void enqueue(std::function<void()> operation);
    // Runs what is queued, and ends.
    void stop();
    void synchronize();
    bool isIdle();

    const std::shared_ptr<Context> context;

private:
    void run();
    void delay();

    std::mutex _gate;
    std::condition_variable _changed;
    std::deque<std::function<void()>> _operations;
    bool _running = false;
    bool _stopped = false;
    unsigned long long _seed = 0;
    unsigned long long _number;
    std::minstd_rand _random;
};

extern Handles<Stream>& streams;

// A stream by handle, 0 for the default stream of the current context; null if there is none.
std::shared_ptr<Stream> findStream(Handle handle);

void synchronizeAll(int device);
