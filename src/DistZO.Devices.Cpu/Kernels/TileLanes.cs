namespace DistZO.Devices.Cpu;

/// <summary>Moves runs of tokens, which start anywhere, between tiles and compact buffers.</summary>
internal static unsafe class TileLanes
{
    private const int Lanes = TileActivations.Lanes;

    /// <summary>
    /// Copies tokens [token, token + count) of features [feature, feature + features) to rows of <paramref name="stride"/> floats:
    /// destination[f·stride + i].
    /// </summary>
    public static void CopyRows(TileActivations x, int probe, int feature, int features, int token, int count, float* destination, int stride)
    {
        for (var done = 0; done < count;)
        {
            var (tile, lane) = Math.DivRem(token + done, Lanes);
            var run = Math.Min(Lanes - lane, count - done);
            var source = x.Tile(probe, tile) + (feature * Lanes) + lane;
            var to = destination + done;
            if (run == Lanes)
            {
                for (var f = 0; f < features; f++, source += Lanes, to += stride) new Span<float>(source, Lanes).CopyTo(new Span<float>(to, Lanes));
            }
            else
            {
                for (var f = 0; f < features; f++, source += Lanes, to += stride)
                {
                    for (var i = 0; i < run; i++) to[i] = source[i];
                }
            }

            done += run;
        }
    }

    /// <summary>As <see cref="CopyRows"/>, transposed: destination[i·stride + f].</summary>
    public static void CopyColumns(TileActivations x, int probe, int feature, int features, int token, int count, float* destination, int stride)
    {
        for (var i = 0; i < count; i++)
        {
            var (tile, lane) = Math.DivRem(token + i, Lanes);
            var source = x.Tile(probe, tile) + (feature * Lanes) + lane;
            var to = destination + ((long)i * stride);
            for (var f = 0; f < features; f++, source += Lanes) to[f] = *source;
        }
    }

    /// <summary>Writes 16-lane rows source[f·16 + i] to tokens [token, token + count), touching no other token's lane.</summary>
    public static void StoreRows(float* source, TileActivations y, int probe, int feature, int features, int token, int count)
    {
        for (var done = 0; done < count;)
        {
            var (tile, lane) = Math.DivRem(token + done, Lanes);
            var run = Math.Min(Lanes - lane, count - done);
            var to = y.Tile(probe, tile) + (feature * Lanes) + lane;
            var from = source + done;
            for (var f = 0; f < features; f++, to += Lanes, from += Lanes)
            {
                for (var i = 0; i < run; i++) to[i] = from[i];
            }

            done += run;
        }
    }
}
