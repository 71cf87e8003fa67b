using static DistZO.Devices.Tests.SampleBlocks;

namespace DistZO.Devices.Tests;

/// <summary>The child process of <see cref="FullDiskTests"/>: what happens to blocks on the file system that was mounted for it.</summary>
internal static class SmallDisk
{
    private const int Pages = 128;

    public static int Run(string scenario, string path)
    {
        Action<string> run = scenario switch { "too-small" => TooSmall, "fills-up" => FillsUp, _ => NotDirect };
        run(path);
        return 0;
    }

    private static void TooSmall(string path)
    {
        try
        {
            Open(path, 2 * Pages).Dispose();
        }
        catch (RunFailedException e)
        {
            Console.WriteLine($"refused: {e.Message}");
        }

        Console.WriteLine($"left: {string.Join(' ', Directory.GetFiles(path).Select(Path.GetFileName))}");
    }

    private static void FillsUp(string path)
    {
        var free = new DriveInfo(path).AvailableFreeSpace;
        using (var blocks = Open(path, Pages))
        {
            Console.WriteLine($"taken: {free - new DriveInfo(path).AvailableFreeSpace}");
            Fill(blocks.Blocks[0]);
            Advance(blocks.Blocks[0], 1);
            Advance(blocks.Blocks[0], 2);

            // The space of the second slot is lost, as on a file system that copies on writing, and somebody fills the disk.
            using (var file = File.OpenWrite(Directory.GetFiles(path, "*.distzo-block")[0]))
            {
                var bytes = file.Length;
                file.SetLength(bytes - blocks.Blocks[0].TrainedBytes);
                file.SetLength(bytes);
            }

            Occupy(Path.Combine(path, "filler"));
            try
            {
                Advance(blocks.Blocks[0], 3);
            }
            catch (RunFailedException e)
            {
                Console.WriteLine($"failed: {e.Message}");
            }
        }

        // The disk is still full.
        using var again = Open(path, Pages);
        GoesOn(again.Blocks[0], 2);
    }

    private static void NotDirect(string path)
    {
        using (var blocks = Open(path, Pages, line => Console.WriteLine($"notice: {line}")))
        {
            Fill(blocks.Blocks[0]);
            Advance(blocks.Blocks[0], 1);
        }

        using var again = Open(path, Pages);
        GoesOn(again.Blocks[0], 1);
    }

    private static void GoesOn(DiskBlock block, int step)
    {
        AssertHolds(block, step);
        Console.WriteLine($"goes on from step {step}");
    }

    private static void Occupy(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        try
        {
            for (long at = 0; ; at += Page) RandomAccess.Write(file, new byte[Page], at);
        }
        catch (IOException)
        {
            // Full, as it should be.
        }
    }

    private static BlockDirectory Open(string path, int pages, Action<string>? notice = null) => BlockDirectory.Open(
        path, [Layout("block", pages, 0)], new BlockDirectoryOptions(Origin, version => version == Version(version.Step), notice ?? (_ => { })));
}
