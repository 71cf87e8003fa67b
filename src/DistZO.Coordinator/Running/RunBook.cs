using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// A run's ledger as its coordinator holds it: the file, whose one writer this is, and its records in memory. A new run has no ledger
/// before its first worker has said what the run is.
/// </summary>
public sealed class RunBook : IDisposable
{
    private readonly List<StepRecord> _records = [];
    private readonly List<ChainHash> _chains = [];
    private LedgerWriter? _writer;
    private LedgerHeader? _header;

    private RunBook(RunDirectory directory, Recipe recipe) => (Directory, Recipe) = (directory, recipe);

    public RunDirectory Directory { get; }

    /// <summary>The recipe of this start: resolved once the run is known.</summary>
    public Recipe Recipe { get; private set; }

    /// <summary>Whether it is known which run this is.</summary>
    public bool HasBegun => _header is not null;

    /// <summary>Which run it is.</summary>
    public RunIdentity Identity => Header.Identity;

    /// <summary>The ledger's header.</summary>
    public LedgerHeader Header => _header ?? throw new InvalidOperationException("the run has not begun");

    /// <summary>Steps committed.</summary>
    public int Steps => _records.Count;

    /// <summary>The chain hash at <see cref="Steps"/>.</summary>
    public ChainHash Chain => _chains[^1];

    /// <summary>Where the run's own steps begin: a fork has its parent's before them.</summary>
    public int FirstStep => (int)(Identity.Parent?.Steps ?? 0);

    public int MaxSteps => Recipe.Get(RecipeKeys.MaxSteps);

    /// <summary>A line for people if a crash had torn the ledger's end; else null.</summary>
    public string? TornNotice { get; private set; }

    /// <summary>The committed records.</summary>
    public IReadOnlyList<StepRecord> Records => _records;

    /// <summary>Opens the ledger of a directory, if there is one, and takes its lock.</summary>
    /// <param name="directory">Where the run is, or will be.</param>
    /// <param name="recipe">Of this start; need not be resolved.</param>
    /// <exception cref="BadInputException">The ledger is damaged, or of another recipe; the message names the keys.</exception>
    /// <exception cref="RunFailedException">Another process holds the lock.</exception>
    public static RunBook Open(RunDirectory directory, Recipe recipe)
    {
        var book = new RunBook(directory, recipe);
        if (!File.Exists(directory.Ledger)) return book;
        var writer = LedgerWriter.Open(directory.Ledger, out var contents);
        try
        {
            book.Take(writer, contents);
            var recorded = book.Identity;
            IdentityDifferences.Refuse(recorded, recorded.WithRecipe(book.Recipe), directory.Ledger, contents.Steps);
            book.TornNotice = contents.TornNotice;
            return book;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Begins a new run: its header is durable on return.</summary>
    public void Begin(RunIdentity identity)
    {
        try
        {
            System.IO.Directory.CreateDirectory(Directory.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(Directory.Path, e);
        }

        LedgerWriter.Create(Directory.Ledger, new LedgerHeader(identity, Recipe.Resolve(identity.Rows))).Dispose();
        Take(LedgerWriter.Open(Directory.Ledger, out var contents), contents);
    }

    /// <summary>Called before and after a record is made durable; tests let the process die there.</summary>
    internal Action<StepRecord, bool>? OnAppend { get; set; }

    /// <summary>Makes a step durable.</summary>
    public void Append(StepRecord record)
    {
        OnAppend?.Invoke(record, false);
        var chain = _writer!.Append(record);
        OnAppend?.Invoke(record, true);
        _chains.Add(chain);
        _records.Add(record);
    }

    /// <summary>The chain hash at a step from 0 to <see cref="Steps"/>.</summary>
    public ChainHash ChainAt(long step) => _chains[(int)step];

    /// <summary>Whether somebody who claims to be at a step of a run is on this ledger's way.</summary>
    public bool IsPrefix(long step, ChainHash chain) => step >= 0 && step < _chains.Count && _chains[(int)step] == chain;

    /// <summary>A record as the ledger has it, without its chain hash.</summary>
    public ReadOnlyMemory<byte> Payload(long step) => RecordCodec.Encode(_records[(int)step]);

    /// <summary>The ledger as if it had just been read.</summary>
    public LedgerContents Contents() => new(Directory.Ledger, Header, [.. _records], [.. _chains], 0, 0);

    public void Dispose() => _writer?.Dispose();

    private void Take(LedgerWriter writer, LedgerContents contents)
    {
        (_writer, _header) = (writer, contents.Header);
        _records.AddRange(contents.Records);
        _chains.AddRange(contents.Chains);
        Recipe = Recipe.Resolve(Identity.Rows);
    }
}
