namespace DistZO.Cli.Cluster;

/// <summary>The process that started this one as its worker.</summary>
internal static class ParentProcess
{
    /// <summary>
    /// Ends this process when the parent has ended, however that came about: the pipe to standard input closes then. Nothing is lost by
    /// it, for a worker owns nothing that cannot be made again.
    /// </summary>
    public static void ExitWithIt()
    {
        var watch = new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            var buffer = new byte[64];
            while (input.Read(buffer) > 0)
            {
            }

            Environment.Exit(ExitCodes.Failed);
        });
        watch.IsBackground = true;
        watch.Name = "distzo-parent";
        watch.Start();
    }
}
