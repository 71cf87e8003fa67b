using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>How a coordinator ends a session.</summary>
public enum LinkEnd
{
    /// <summary>All is done.</summary>
    Done,

    /// <summary>The worker cannot take part as it is: another model, other data, faulty memory. A retry fails the same way.</summary>
    Refused,

    /// <summary>The same worker connected again.</summary>
    Replaced,

    /// <summary>The coordinator goes away; the worker should try again.</summary>
    Unavailable,
}

/// <summary>The way to one connected worker. Neither call blocks or throws: what cannot be delivered is dropped with the connection.</summary>
public interface IWorkerLink
{
    /// <summary>Payload bytes from the worker so far; 0 where nothing is encoded.</summary>
    long BytesUp { get; }

    /// <summary>Payload bytes to the worker so far.</summary>
    long BytesDown { get; }

    /// <summary>Sends a message, in order.</summary>
    void Send(CoordinatorMessage message);

    /// <summary>Ends the session after what was sent.</summary>
    void Close(LinkEnd end, string message);
}
