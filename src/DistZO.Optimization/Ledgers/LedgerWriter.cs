using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// Appends committed steps to a ledger. A record is on the disk when <see cref="Append"/> returns, and only then may it be sent, shown
/// or folded. One writer a ledger, held to by a lock. Not thread-safe.
/// </summary>
public sealed class LedgerWriter : IDisposable
{
    private readonly IDisposable _lock;
    private readonly AppendFile _file;
    private readonly string _path;
    private long _length;
    private bool _failed;

    private LedgerWriter(IDisposable held, AppendFile file, LedgerContents contents)
    {
        _lock = held;
        _file = file;
        _path = contents.Path;
        _length = contents.Length;
        Steps = contents.Steps;
        Chain = contents.Chain;
    }

    /// <summary>How many steps are committed; also the step of the next record.</summary>
    public long Steps { get; private set; }

    /// <summary>The chain hash at <see cref="Steps"/>.</summary>
    public ChainHash Chain { get; private set; }

    /// <summary>Starts a ledger: the header is durable on return. An existing file is refused.</summary>
    public static LedgerWriter Create(string path, LedgerHeader header)
    {
        var held = LedgerLock.Take(path);
        try
        {
            Ledger.WriteNew(path, header, []);
            return Open(path, held, out _);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens a ledger to go on. A torn tail is cut off (<see cref="LedgerContents.TornNotice"/> says so); damage is refused with
    /// <see cref="BadInputException"/>.
    /// </summary>
    /// <param name="path">The ledger.</param>
    /// <param name="contents">Everything that it holds.</param>
    public static LedgerWriter Open(string path, out LedgerContents contents)
    {
        var held = LedgerLock.Take(path);
        try
        {
            return Open(path, held, out contents);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Appends the record of step <see cref="Steps"/>, durably, and returns the chain hash after it.</summary>
    /// <exception cref="RunFailedException">
    /// It could not be made durable; the steps before it are safe. This writer is done for.
    /// </exception>
    public ChainHash Append(StepRecord record)
    {
        if (record.Step != Steps) throw new ArgumentException($"step {record.Step} cannot follow {Steps} steps", nameof(record));
        if (_failed) throw new InvalidOperationException("an append failed before");
        var bytes = RecordFrame.Encode(RecordCodec.Encode(record), Chain, out var chain);
        var written = false;
        try
        {
            _file.Write(bytes, _length);
            written = true;
            _file.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // After a failed fsync nobody knows what is on the disk, and a second one may claim success without having written.
            _failed = true;
            TakeBack();
            throw new RunFailedException(
                $"cannot {(written ? "flush" : "append")} step {Steps} to '{_path}' ({e.Message.TrimEnd('.')}); "
                + $"the {Steps} steps before it are safe; free some space or check the disk, then run the same command again",
                e);
        }

        _length += bytes.Length;
        Steps++;
        return Chain = chain;
    }

    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    /// <summary>A writer on a file whose operations a test lets fail.</summary>
    internal static LedgerWriter OnFile(AppendFile file, LedgerContents contents) => new(Stream.Null, file, contents);

    private static LedgerWriter Open(string path, IDisposable held, out LedgerContents contents)
    {
        contents = Ledger.Read(path);
        AppendFile file;
        try
        {
            file = AppendFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(path, e);
        }

        try
        {
            if (contents.TornBytes > 0) Ledger.Cut(file, path, contents.Length);
            return new LedgerWriter(held, file, contents);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void TakeBack()
    {
        try
        {
            _file.Truncate(_length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is the one to report; the next start finds a torn tail and cuts it.
        }
    }
}
