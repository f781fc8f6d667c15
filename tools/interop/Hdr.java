// Writes a log with the reference implementation, or prints what it reads in one:
//
//     java -cp hdrhistogram.jar Hdr.java write FILE
//     java -cp hdrhistogram.jar Hdr.java read FILE

import java.io.File;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.HdrHistogram.HistogramLogWriter;

class Hdr {
    static final double[] PERCENTILES = {50, 90, 99, 99.9, 99.99};
    static final long START_MS = 1_600_000_000_000L;
    static final long HOUR = 3_600_000_000_000L;

    public static void main(String[] words) throws Exception {
        if (words[0].equals("write")) {
            write(words[1]);
        } else {
            read(words[1]);
        }
    }

    // Three seconds of two stages; among the values 0, one hour, and the largest that Java has.
    static void write(String file) throws Exception {
        HistogramLogWriter log = new HistogramLogWriter(file);
        log.outputComment("[Written by Java's HdrHistogram]");
        log.outputLogFormatVersion();
        log.outputStartTime(START_MS);
        log.outputLegend();
        for (int second = 0; second < 3; second++) {
            Histogram hop = new Histogram(1, HOUR, 3);
            Histogram total = new Histogram(3);
            for (long n = 1; n <= 998; n++) {
                hop.recordValue(n * (second + 1));
                total.recordValue(n * n * 1000);
            }
            hop.recordValue(0);
            hop.recordValue(HOUR);
            total.recordValue(0);
            total.recordValue(Long.MAX_VALUE);
            for (Histogram histogram : new Histogram[] {hop, total}) {
                histogram.setTag(histogram == hop ? "hop" : "total");
                histogram.setStartTimeStamp(START_MS + second * 1000);
                histogram.setEndTimeStamp(START_MS + second * 1000 + 1000);
                log.outputIntervalHistogram(histogram);
            }
        }
        log.close();
    }

    static void read(String file) throws Exception {
        Map<String, Histogram> stages = new TreeMap<>();
        HistogramLogReader log = new HistogramLogReader(new File(file));
        while (log.hasNext()) {
            EncodableHistogram interval = log.nextIntervalHistogram();
            String tag = interval.getTag() == null ? "untagged" : interval.getTag();
            Histogram sum = stages.computeIfAbsent(tag, unused -> new Histogram(3));
            sum.add((Histogram) interval);
        }
        StringBuilder json = new StringBuilder();
        stages.forEach((tag, sum) -> {
            json.append(json.length() == 0 ? "{" : ",");
            json.append("\"" + tag + "\":{\"count\":" + sum.getTotalCount());
            for (double percentile : PERCENTILES) {
                String name = String.format(Locale.ROOT, "%s", percentile).replaceAll("\\.0$", "");
                json.append(",\"p" + name + "\":" + sum.getValueAtPercentile(percentile));
            }
            json.append(",\"max\":" + sum.getMaxValue() + "}");
        });
        System.out.println(json + "}");
    }
}
