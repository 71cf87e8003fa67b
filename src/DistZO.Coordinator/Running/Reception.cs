using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>Who may take part in a run: whoever speaks its protocol and has its model and data. All others are told why not.</summary>
internal sealed class Reception(RunBook book, EngineOptions options, Roster roster)
{
    /// <summary>It travels in a header.</summary>
    private const int LongestRefusal = 2000;

    /// <summary>Of names that workers give themselves.</summary>
    private const int LongestName = 80;

    /// <summary>No device needs longer to make z once; whatever says so is wrong, and plans must stay finite.</summary>
    private const double LongestZ = 3600;

    /// <summary>A worker introduces itself.</summary>
    /// <param name="session">Its connection.</param>
    /// <param name="hello">What it says.</param>
    /// <param name="replace">Ends an older connection of the same worker, for a reason.</param>
    public void Greet(Session session, Hello hello, Action<Session, string> replace)
    {
        (session.IsGreeted, session.WorkerId, session.Name) = (true, PrintableText.Of(hello.WorkerId, LongestName), PrintableText.Of(hello.Name, LongestName));
        if (session.Name.Length == 0) session.Name = "unnamed";
        if (hello.Protocol != Hello.CurrentProtocol)
        {
            Refuse(session, $"it speaks protocol {hello.Protocol}, this coordinator {Hello.CurrentProtocol}; run the same version of distzo on both");
            return;
        }

        if (session.WorkerId.Length == 0)
        {
            Refuse(session, "it has no id");
            return;
        }

        // The newer connection is the live one: the older may not have noticed yet that it is dead.
        if (roster.Sessions.FirstOrDefault(other => other != session && other.WorkerId == session.WorkerId) is { } older)
        {
            const string reason = "the same worker has connected again";
            if (older.Number > session.Number)
            {
                // What a dead connection still held has come behind what the live one said.
                session.Link.Close(LinkEnd.Replaced, reason);
                return;
            }

            older.Link.Close(LinkEnd.Replaced, reason);
            replace(older, reason);
        }

        roster.Changed();
        roster.Tell("joined", session, "it has connected, and opens its model and data");
        session.Link.Send(new Welcome(
            options.Incarnation,
            session.Number,
            book.Recipe,
            book.HasBegun ? book.Steps : 0,
            options.HeartbeatInterval,
            book.HasBegun ? book.Identity.Parent : null));
    }

    /// <summary>A worker has opened model and data.</summary>
    /// <returns>The identity of its run, which is this one's; null if it is refused.</returns>
    public RunIdentity? Admit(Session session, Ready ready)
    {
        RunIdentity identity;
        try
        {
            identity = RunIdentity.Parse(ready.Identity);
            if (Differences(identity) is { } differences)
            {
                Refuse(session, differences);
                return null;
            }
        }
        catch (Exception e) when (e is FormatException or BadInputException or OverflowException)
        {
            Refuse(session, $"what it says of its run cannot be read: {e.Message}");
            return null;
        }

        // Of a large model the identity takes more memory than all else of a session, and it is the run's.
        session.Ready = ready with { Identity = "", Device = PrintableText.Of(ready.Device, LongestName) };
        session.Speed = new SpeedEstimate(Math.Clamp(ready.ZSeconds, 0, LongestZ));
        return identity;
    }

    /// <summary>Tells a worker why it cannot take part.</summary>
    public void Refuse(Session session, string message)
    {
        roster.Tell("refused", session, message);
        session.Link.Close(LinkEnd.Refused, PrintableText.Of($"{session.Name}: {message}", LongestRefusal));
    }

    /// <summary>Why a worker computes another run than this one; null if it does not.</summary>
    private string? Differences(RunIdentity identity)
    {
        var expected = book.HasBegun ? book.Identity : identity.WithRecipe(book.Recipe.Resolve(identity.Rows));
        if (options.PinnedIdentity is { } pinned && !book.HasBegun) expected = pinned;
        var phrases = IdentityDifferences.Between(expected, identity);
        return phrases.Count == 0 ? null : $"its run is another one: {string.Join("; ", phrases)}; give it the model and the data of this run";
    }
}
