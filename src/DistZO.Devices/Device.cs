namespace DistZO.Devices;

/// <summary>What a linear layer does to its result v, after the bias.</summary>
public enum Activation
{
    None,
    Relu,

    /// <summary>v·sigmoid(v), also called swish.</summary>
    Silu,

    /// <summary>GELU with tanh in place of erf: v·sigmoid(√(8/π)·(v + 0.044715·v³)).</summary>
    GeluTanh,

    /// <summary>v·Φ(v), Φ the normal distribution's function: GELU as it is defined.</summary>
    Gelu,
}

/// <summary>How the result of a linear layer meets what stands in the buffer that it goes to.</summary>
public enum Merge
{
    Replace,
    Add,
    Multiply,
}

/// <summary>Some features of a buffer, from <paramref name="First"/> on.</summary>
public readonly record struct FeatureSlice(Activations Buffer, int First)
{
    public static implicit operator FeatureSlice(Activations buffer) => new(buffer, 0);
}

/// <summary>What an attention is.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Heads of keys and values, a divisor of <paramref name="Heads"/>: each is used by as many query heads in a row.</param>
/// <param name="Width">Features a head.</param>
/// <param name="Scale">Multiplies the queries.</param>
/// <param name="Window">How many keys a query sees at most, its own and those before it; <see cref="NoWindow"/>: all of them.</param>
/// <param name="Causal">False: a query also sees the keys after its own, and there is no window.</param>
public readonly record struct AttentionShape(
    int Heads, int KeyValueHeads, int Width, float Scale, int Window = AttentionShape.NoWindow, bool Causal = true)
{
    public const int NoWindow = int.MaxValue;
}

/// <summary>One log-probability that is wanted: of token <paramref name="Target"/> at row <paramref name="Row"/>.</summary>
public readonly record struct TokenTarget(int Row, int Target);

/// <summary>
/// A compute device: it owns memory and a small set of kernels, and model code is written once against them. Every kernel that takes
/// a <see cref="Parameter"/> folds the updates that it lacks up to <see cref="Pass.Step"/>, evaluates all probes of the pass, and never
/// stores a perturbed weight or z outside of its own scratch. A device serves one caller at a time.
/// </summary>
public abstract class Device : IDisposable
{
    /// <summary>The version of the arithmetic that losses depend on, for example <c>cpu-v1</c>. Part of a run's identity.</summary>
    public abstract string Arithmetic { get; }

    /// <summary>One line for people: which instruction set, how many threads.</summary>
    public abstract string Description { get; }

    /// <summary>Bytes of its own memory that are free; null where that is the host's.</summary>
    public virtual long? FreeMemory => null;

    /// <summary>What people call its own memory; devices that share one have the same name. Null where that is the host's.</summary>
    public virtual string? MemoryName => null;

    /// <summary>The most bytes of its own memory that were in use at once; 0 where that is the host's.</summary>
    public virtual long PeakBytes => 0;

    /// <summary>
    /// Opens a device that allocates as this one does, in numbers only: it computes nothing, and its <see cref="PeakBytes"/> are those that this
    /// one would need for the same calls. The caller disposes it; null where memory is the host's.
    /// </summary>
    public virtual Device? OpenImagined() => null;

    /// <summary>
    /// Opens a device of cpu-v1's arithmetic, for what is computed once and has the same bits on every machine. The caller disposes it; null
    /// where this is one.
    /// </summary>
    public virtual Device? OpenExact() => null;

    /// <summary>Memory for <paramref name="bytes"/> bytes, zeroed. Throws <see cref="RunFailedException"/> when there is not enough.</summary>
    public abstract DeviceMemory Allocate(long bytes);

    /// <summary>Copies host bytes into device memory at a byte offset.</summary>
    public abstract void Upload(ReadOnlySpan<byte> source, DeviceMemory destination, long offset);

    /// <summary>Copies device memory from a byte offset on to host bytes.</summary>
    public abstract void Download(DeviceMemory source, long offset, Span<byte> destination);

    /// <summary>A queue of transfers that run beside the kernels; the caller disposes it before the device.</summary>
    public abstract DeviceStream CreateStream(StreamOptions options);

    /// <summary>
    /// A queue of what the host's cores do to stored blocks, beside the device and in the order of events with its streams; the caller disposes
    /// it before the device.
    /// </summary>
    public virtual DeviceStream CreateHostStream(StreamOptions options) => CreateStream(options);

    /// <summary>
    /// What several devices gather slices with together; the caller disposes it. Null where they copy from each other: since they have nothing else,
    /// or since that is measured to be faster.
    /// </summary>
    /// <param name="devices">By slot; this one among them.</param>
    /// <param name="wanted">What the user wants; null for what is faster.</param>
    /// <param name="notice">Told, in a line for people, what was chosen and why.</param>
    /// <exception cref="BadInputException">These devices cannot do what is wanted.</exception>
    public virtual Collective? OpenCollective(IReadOnlyList<Device> devices, GatherKind? wanted, Action<string> notice) => wanted == GatherKind.Nccl
        ? throw new BadInputException($"gather: nccl is for slots on NVIDIA GPUs, and {Description} is none; use auto")
        : null;

    /// <summary>Bytes of its own memory that a library keeps for a collective, as long as that lives.</summary>
    public virtual long CollectiveBytes => 0;

    /// <summary>Kernels that are called from here on run after an event.</summary>
    public abstract void Await(DeviceEvent happened);

    /// <summary>As <see cref="Await"/>, and measures how long the kernels stand still for it.</summary>
    /// <returns>Tells the seconds; waits until the event has happened, if need be.</returns>
    public virtual Func<double> AwaitMeasured(DeviceEvent happened)
    {
        var began = TraceClock.Now;
        Await(happened);
        var seconds = (TraceClock.Now - began) * 1e-9;
        return () => seconds;
    }

    /// <summary>An event that happens when all kernels that were called so far are done.</summary>
    public abstract DeviceEvent Record();

    /// <summary>An empty activation buffer for <paramref name="features"/> features a token.</summary>
    public abstract Activations CreateActivations(int features);

    /// <summary>
    /// Table lookup: <c>y[t] = table[rows[t]]</c>, or <c>y[t] += …</c>. Only the touched rows are perturbed. A table that
    /// <paramref name="foldsElsewhere"/> (a tied embedding, folded in the head's visit) is seen through its pending updates and
    /// stored unchanged; any other is folded here.
    /// </summary>
    public abstract void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, Activations y, bool accumulate, bool foldsElsewhere);

    /// <summary>
    /// <c>y = f(x·Wᵀ + b)</c>, <c>y += f(…)</c> or <c>y *= f(…)</c>, for every token of every probe. W is [y.Features, x.Features]
    /// row-major, or with <paramref name="inputsFirst"/> stored as its transpose; <paramref name="bias"/> may be null.
    /// </summary>
    public abstract void Linear(
        Pass pass, Parameter weight, Parameter? bias, Activations x, Activations y, Activation activation, Merge merge, bool inputsFirst = false);

    /// <summary>
    /// <c>y = f(scale·x)</c>, <c>y += f(…)</c> or <c>y *= f(…)</c>, element by element, for every token of every probe. y may be x.
    /// </summary>
    public abstract void Combine(Pass pass, float scale, Activations x, Activations y, Activation activation, Merge merge);

    /// <summary>Layer normalization over features: <c>y = (x − mean)/√(var + epsilon)·scale + shift</c>. y may be x.</summary>
    public abstract void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, Activations x, Activations y);

    /// <summary>
    /// Root mean square normalization (arXiv 1910.07467): <c>y = x/√(mean(x²) + epsilon)·scale</c> over each run of as many features as
    /// <paramref name="scale"/> has: all of them, or those of one head. y may be x.
    /// </summary>
    public abstract void RmsNorm(Pass pass, Parameter scale, float epsilon, Activations x, Activations y);

    /// <summary>
    /// Rotary positions (arXiv 2104.09864), in place: in each head of <c>angles.Features</c> features, feature i and the one half a head
    /// later turn by the token's angle i.
    /// </summary>
    /// <param name="pass">The pass.</param>
    /// <param name="angles">For each token the cosines of a head's angles, then their sines.</param>
    /// <param name="x">Queries or keys: a whole number of heads.</param>
    public abstract void Rotate(Pass pass, Activations angles, Activations x);

    /// <summary>
    /// Attention within each sequence of the pass and its prefix, causal unless the shape says otherwise: softmax(scale·q·kᵀ)·v, head by head. Never materializes
    /// more than one tile of queries against its keys. y has the features of all query heads and may be the buffer of q.
    /// </summary>
    public abstract void Attention(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, Activations y);

    /// <summary>Keeps only the given token rows: <c>y[i] = x[rows[i]]</c>, for every probe.</summary>
    public abstract void Gather(Pass pass, Activations x, ReadOnlySpan<int> rows, Activations y);

    /// <summary>
    /// Puts token rows where a buffer that outlives the pass wants them: <c>y[rows[i]] = x[i]</c>, for every probe. The other rows of y
    /// keep what they hold, as long as it is scattered into with the same <paramref name="tokens"/> and as many probes.
    /// </summary>
    /// <param name="pass">Names the probes.</param>
    /// <param name="x">One row for each of <paramref name="rows"/>, of as many features as y has.</param>
    /// <param name="rows">Distinct rows of y.</param>
    /// <param name="y">May not be the buffer of x.</param>
    /// <param name="tokens">Rows of y.</param>
    public abstract void Scatter(Pass pass, FeatureSlice x, ReadOnlySpan<int> rows, Activations y, int tokens);

    /// <summary>Gives every probe of the pass what one has: <c>y = x</c> for each. x is of a pass with one probe; y may not be x.</summary>
    public abstract void Spread(Pass pass, Activations x, Activations y);

    /// <summary>
    /// Log-probabilities under softmax(x·Wᵀ + b) over the whole vocabulary, which is never materialized. The result is
    /// [probe][target], in the order of <paramref name="targets"/>; −NLL of the token.
    /// </summary>
    public abstract void LogProbabilities(
        Pass pass, Parameter head, Parameter? bias, Activations x, ReadOnlySpan<TokenTarget> targets, Span<double> result);

    /// <summary>Copies one probe's activations to the host as row-major [tokens, features].</summary>
    public abstract void Read(Activations x, int probe, Span<float> destination);

    /// <summary>Folds a parameter up to <paramref name="step"/> in one pass over its memory; the same bits as step by step.</summary>
    public abstract void Fold(Parameter parameter, UpdateHistory updates, int step);

    /// <summary>This parameter's part of the weights digest (philox-v1: Σ mod 2¹²⁸ over its 8-byte words), as stored.</summary>
    public abstract UInt128 Digest(Parameter parameter);

    public abstract void Dispose();
}
