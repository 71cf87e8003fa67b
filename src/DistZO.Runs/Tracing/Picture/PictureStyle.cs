namespace DistZO.Runs;

/// <summary>Colours and type of the picture, for light and dark.</summary>
internal static class PictureStyle
{
    /// <summary>A style sheet, and the hatching of idle kernels.</summary>
    public const string Definitions = """
        <style>
        svg { --page: #ffffff; --soft: #f3f5f8; --line: #dfe3e9; --ink: #12161c; --muted: #566070; --on: #ffffff;
          --compute: #0b63ce; --upload: #b84a00; --away: #007a55; --gather: #7048b6; --other: #566070; --idle: #c02626; }
        @media (prefers-color-scheme: dark) {
          svg { --page: #0b0f14; --soft: #161d26; --line: #29323d; --ink: #e8edf3; --muted: #9ba7b5; --on: #0b0f14;
            --compute: #5aa9ff; --upload: #ffa24d; --away: #35c491; --gather: #b79cff; --other: #9ba7b5; --idle: #ff7b72; }
        }
        .page { fill: var(--page); } .lane { fill: var(--soft); } .card { fill: var(--soft); }
        text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--ink);
          font-variant-numeric: tabular-nums; }
        .head { font-size: 20px; font-weight: 650; } .title { font-size: 14px; font-weight: 650; }
        .figure { font-size: 24px; font-weight: 650; }
        .muted { fill: var(--muted); } .small { font-size: 11px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
        .name { font-size: 11px; fill: var(--on); text-anchor: middle; pointer-events: none; }
        .gap { font-size: 10px; font-weight: 650; fill: var(--idle); text-anchor: middle; pointer-events: none;
          paint-order: stroke; stroke: var(--page); stroke-width: 3px; stroke-linejoin: round; }
        .span { stroke: var(--page); stroke-width: .7; } .compute { fill: var(--compute); } .upload { fill: var(--upload); }
        .away { fill: var(--away); } .gather { fill: var(--gather); } .other { fill: var(--other); }
        .faint { fill: var(--other); fill-opacity: .3; }
        .idle { fill: url(#idle); } .wait { fill: var(--idle); } .hatch { stroke: var(--idle); stroke-width: 1.6; opacity: .75; }
        .tick { stroke: var(--line); } .step { stroke: var(--muted); stroke-dasharray: 3 3; }
        .zoom { fill: none; stroke: var(--ink); stroke-width: 1.5; }
        </style>
        <defs><pattern id="idle" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="hatch" d="M0 0V6"/></pattern></defs>
        """;

    /// <summary>The class of a track's colour.</summary>
    public static string ColourOf(TrackName track) => track.Kind switch
    {
        TrackName.Compute => "compute",
        "upload" => "upload",
        "write-back" or "keep" => "away",
        "gather" => "gather",
        _ => "other",
    };
}
