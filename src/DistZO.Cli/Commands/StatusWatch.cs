using DistZO.Coordinator;
using DistZO.Devices;

namespace DistZO.Cli.Commands;

/// <summary>Shows a run once a second, until it ends or somebody has seen enough.</summary>
/// <param name="client">Whom to ask.</param>
/// <param name="show">Shows a picture.</param>
/// <param name="error">Where to say that there is no answer.</param>
/// <param name="time">The clock.</param>
internal sealed class StatusWatch(StatusClient client, Action<ClusterPicture> show, TextWriter error, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Returns at the end of the run, or when cancelled. A coordinator that does not answer for a while is asked again, for it may be
    /// starting anew; one that never did is an error.
    /// </summary>
    public async Task Run(CancellationToken cancellation)
    {
        var (seen, lost) = (false, false);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                var picture = await client.Read(cancellation);
                show(picture);
                (seen, lost) = (true, false);
                if (picture.Status.State is RunState.Finished or RunState.Failed) return;
            }
            catch (RunFailedException e) when (seen)
            {
                if (!lost) error.WriteLine($"distzo: {e.Message} (asking again)");
                lost = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Every, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
